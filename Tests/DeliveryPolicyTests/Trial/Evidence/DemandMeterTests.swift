import MailModel
import Testing

@testable import DeliveryPolicy

@Suite struct DemandMeterTests {
    private static func at(_ seconds: Int64) -> Timestamp { Timestamp(secondsSince1970: 1_790_000_000 + seconds) }

    private static func demand(
        _ messages: [(seconds: Int64, recipients: Int, size: Int64)], _ limits: VolumeLimits = VolumeLimits(),
        requestTime: Duration? = nil
    ) -> MailboxDemand {
        var meter = DemandMeter("reports@contoso.com", limits)
        for message in messages {
            meter.add(at: at(message.seconds), recipients: message.recipients, size: message.size)
        }
        return meter.demand(requestTime: requestTime)
    }

    private static func share(_ limit: MailboxDemand.Limit, _ demand: MailboxDemand) -> Double? {
        demand.needs.first { $0.limit == limit }?.share
    }

    @Test func eachLimitHasItsOwnBusiestSpan() {
        // Fifteen messages at once, then one of a hundred recipients an hour later, then a large one.
        let demand = Self.demand(
            (0..<15).map { _ in (0, 1, 3000) } + [(3600, 100, 3000), (7200, 1, 2_000_000)], requestTime: .seconds(2))
        #expect(demand.messages == 17 && demand.recipients == 116)
        #expect(demand.octets == 16 * 3000 + 2_000_000)
        #expect(Self.share(.messages, demand) == 0.5)
        #expect(Self.share(.recipients, demand) == 0.0116)
        #expect(Self.share(.requests, demand) == 0.0015)
        let upload = demand.needs.first { $0.limit == .upload }
        #expect(upload?.start == Self.at(7200) && upload?.amount == Double(Base64.encodedLength(of: 2_000_000)))
        // Fifteen in a minute, two seconds each: half a request at once, of three.
        #expect(abs((Self.share(.concurrency, demand) ?? 0) - 0.5 / 3) < 1e-9)
        #expect(demand.tightest?.limit == .messages && demand.delayed == 0 && demand.longestWait == .zero)
        #expect(demand.needs.map(\.limit) == MailboxDemand.Limit.allCases)
    }

    @Test func whatIsAboveALimitWaits() {
        let demand = Self.demand((0..<45).map { _ in (0, 1, 3000) })
        #expect(Self.share(.messages, demand) == 1.5)
        #expect(demand.delayed == 15 && demand.longestWait == .seconds(60))
        #expect(Self.share(.concurrency, demand) == nil)
    }

    /// What goes by SMTP costs Graph nothing, and counts for Exchange.
    @Test func largeMailCostsGraphOnlyWhereItIsUploaded() {
        let bySMTP = Self.demand([(0, 3, 9_000_000)])
        #expect(Self.share(.requests, bySMTP) == nil && Self.share(.upload, bySMTP) == nil)
        #expect(Self.share(.recipients, bySMTP) == 0.0003)
        var limits = VolumeLimits()
        limits.mailbox.uploadsAbove = limits.mimeLimit
        let byUpload = Self.demand([(0, 3, 9_000_000)], limits)
        #expect(Self.share(.requests, byUpload) ?? 0 > 0 && Self.share(.upload, byUpload) ?? 0 > 0)
    }

    @Test func agreesWithThePlanOfALog() throws {
        var random = SplitMix64(seed: 3)
        var now: Int64 = 0
        let messages = (0..<300).map { _ in
            now += Int64.random(in: 0...4, using: &random)
            return (seconds: now, recipients: Int.random(in: 1...60, using: &random), size: Int64(4000))
        }
        let demand = Self.demand(messages)
        let log = messages.map {
            LoggedMessage(
                date: Self.at($0.seconds), sender: "reports@contoso.com", recipients: $0.recipients, size: $0.size)
        }
        let plan = try #require(VolumePlan(log).senders.first)
        #expect(demand.needs.first?.amount == Double(plan.busiestMinute.amount))
        #expect(demand.needs.first?.start == plan.busiestMinute.start)
        #expect(demand.needs[1].amount == Double(plan.busiestDay.amount))
        #expect(demand.delayed == plan.delayed && demand.longestWait == plan.longestWait)
    }

    @Test func theMostInNeedIsFirst() {
        let (idle, busy, other) = (
            Self.demand([(0, 1, 1)]), Self.demand([(0, 1, 1), (0, 1, 1)]), Self.demand([(0, 1, 1), (500, 1, 1)])
        )
        #expect([idle, other, busy].sorted(by: MailboxDemand.isFirst) == [busy, other, idle])
    }
}
