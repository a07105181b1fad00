import MailModel
import Testing

@testable import DeliveryPolicy

@Suite struct VolumePlanTests {
    private static func message(
        _ seconds: Int64, from sender: String = "reports@contoso.com", to recipients: Int = 1, size: Int64? = 3000,
        isUnrepresentable: Bool? = nil
    ) -> LoggedMessage {
        LoggedMessage(
            date: Timestamp(secondsSince1970: 1_790_000_000 + seconds), sender: sender, recipients: recipients,
            size: size,
            isUnrepresentable: isUnrepresentable)
    }

    private static func burst(_ count: Int, at seconds: Int64 = 0) -> [LoggedMessage] {
        (0..<count).map { _ in message(seconds) }
    }

    @Test func anEmptyLogIsAnEmptyPlan() {
        let plan = VolumePlan([])
        #expect(plan.messages == 0 && plan.period == nil && plan.senders.isEmpty && plan.largest == nil)
    }

    @Test func countsAddUp() throws {
        let plan = VolumePlan([
            Self.message(10, from: "Reports@Contoso.com", to: 2, size: 100), Self.message(0, size: nil),
            Self.message(5, from: "ann@contoso.com", to: 3, size: 2_200_001, isUnrepresentable: true),
            Self.message(6, from: ""),
            Self.message(7, from: "root", isUnrepresentable: false),
        ])
        #expect(plan.messages == 5 && plan.recipients == 8 && plan.octets == 2_206_101)
        #expect(plan.withoutSize == 1 && plan.withHeaders == 2)
        #expect(plan.unusable == ["": 1, "root": 1])
        let period = try #require(plan.period)
        #expect(period.upperBound - period.lowerBound == .seconds(10))
        #expect(plan.senders.map(\.sender.description) == ["reports@contoso.com", "ann@contoso.com"])
        #expect(plan.senders.map(\.messages) == [2, 1] && plan.senders.map(\.recipients) == [3, 3])
        #expect(plan.senders.map(\.oversize) == [0, 1] && plan.oversize == 1 && plan.unrepresentable == 1)
        #expect(plan.largest == 2_200_001 && plan.senders.map(\.largest) == [100, 2_200_001])
    }

    @Test func theOrderOfTheLogDoesNotMatter() {
        let log = (0..<100).map { Self.message(Int64($0 * 7 % 100), from: "user\($0 % 3)@contoso.com") }
        #expect(VolumePlan(log) == VolumePlan(log.reversed()))
    }

    // MARK: Waiting

    @Test(arguments: [
        (30, 0, 0), (31, 1, 60), (60, 30, 60), (61, 31, 120), (300, 270, 540),
    ])
    func aBurstWaitsForTheMinuteLimit(_ count: Int, _ delayed: Int, _ seconds: Int64) throws {
        let volume = try #require(VolumePlan(Self.burst(count)).senders.first)
        #expect(volume.busiestMinute.amount == count)
        #expect(volume.delayed == delayed && volume.longestWait == .seconds(seconds))
    }

    @Test func thirtyAMinuteNeverWait() throws {
        let log = (0..<600).map { Self.message(Int64($0) * 2) }
        let volume = try #require(VolumePlan(log).senders.first)
        #expect(volume.busiestMinute.amount == 30 && volume.delayed == 0 && volume.longestWait == .zero)
    }

    @Test func whatWaitsDelaysWhatFollows() throws {
        let volume = try #require(VolumePlan(Self.burst(60) + [Self.message(61)]).senders.first)
        #expect(volume.delayed == 31 && volume.longestWait == .seconds(60))
    }

    @Test func sendersDoNotWaitForEachOther() {
        let plan = VolumePlan(Self.burst(30) + (0..<30).map { _ in Self.message(0, from: "ann@contoso.com") })
        #expect(plan.senders.map(\.longestWait) == [.zero, .zero] && plan.aboveMessageRate.isEmpty)
    }

    @Test func aDaysRecipientsWaitForTheNext() throws {
        let log = (0..<21).map { Self.message(Int64($0) * 60, to: 500) }
        let plan = VolumePlan(log)
        let volume = try #require(plan.senders.first)
        #expect(volume.busiestDay.amount == 10_500 && volume.delayed == 1)
        #expect(plan.aboveRecipientRate == [volume])
        // Tokens of so large a bucket may come back up to a thousandth of the day late.
        #expect(
            volume.longestWait >= .seconds(86_400 - 20 * 60) && volume.longestWait < .seconds(86_400 - 20 * 60 + 85))
    }

    @Test func manyRecipientsGoInParts() throws {
        let log = (0..<16).map { _ in Self.message(0, to: 501) }
        let volume = try #require(VolumePlan(log).senders.first)
        #expect(volume.split == 16, "each is two messages to Exchange: fifteen fit a minute")
        #expect(volume.delayed == 1 && volume.longestWait == .seconds(60))
    }

    @Test func largeMessagesWaitForNoUpload() throws {
        let small = try #require(VolumePlan((0..<60).map { _ in Self.message(0, size: 2_200_000) }).senders.first)
        let large = try #require(VolumePlan((0..<60).map { _ in Self.message(0, size: 30_000_000) }).senders.first)
        #expect(small.longestWait > .seconds(60), "150 MB in five minutes are 51 of them")
        #expect(large.longestWait == .seconds(60) && large.oversize == 60)
    }

    @Test func otherLimitsCountToo() throws {
        var limits = VolumeLimits()
        limits.mailbox.messages = Rate(5, per: .seconds(60))
        limits.recipientsPerMessage = 2
        limits.mimeLimit = 2999
        let plan = VolumePlan(Self.burst(6) + [Self.message(600, to: 3)], limits)
        let volume = try #require(plan.senders.first)
        #expect(volume.delayed == 1 && volume.split == 1 && volume.oversize == 7 && plan.aboveMessageRate.count == 1)
    }

    @Test func theOneThatWaitsLongestComesFirst() {
        let plan = VolumePlan(
            (0..<200).map { Self.message(Int64($0) * 100, from: "steady@contoso.com") }
                + (0..<40).map { _ in Self.message(0, from: "bursty@contoso.com") }
                + (0..<2).map { _ in Self.message(0, from: "b@contoso.com") }
                + (0..<2).map { _ in Self.message(0, from: "a@contoso.com") })
        #expect(plan.senders.map(\.sender.localPart) == ["bursty", "steady", "a", "b"])
    }

    @Test func recipientsOfNobodyAreNoTrouble() throws {
        #expect(try #require(VolumePlan([Self.message(0, to: 0)]).senders.first).longestWait == .zero)
    }
}
