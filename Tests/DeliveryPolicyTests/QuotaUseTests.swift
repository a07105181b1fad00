import MailModel
import Testing

@testable import DeliveryPolicy

@Suite struct QuotaUseTests {
    private static func use(_ used: Int64, _ mailbox: String? = "a@contoso.com", route: String = "r") -> QuotaUse {
        QuotaUse(
            route: route, mailbox: mailbox.map { address($0) },
            LimitUse(
                mailbox == nil ? .externalRecipients : .recipients, used: used, of: Rate(1000, per: .seconds(86_400))))
    }

    @Test(arguments: [(0, 0), (799, 79), (800, 80), (1000, 100), (1500, 150)] as [(Int64, Int)])
    func percent(used: Int64, percent: Int) { #expect(Self.use(used).use.percent == percent) }

    /// What is used at each look, and whether people are told.
    @Test(
        arguments: [
            ([0, 799, 800, 801, 1000], [false, false, true, false, false]),
            ([900, 790, 810, 700, 800], [true, false, false, false, false]),
            ([900, 699, 799, 800], [true, false, false, true]), ([1000], [true]),
        ] as [([Int64], [Bool])])
    func isToldOfOncePerCrossing(uses: [Int64], told: [Bool]) {
        var watch = QuotaWatch()
        #expect(uses.map { !watch.crossings(in: [Self.use($0)]).isEmpty } == told)
    }

    @Test func eachIsWatchedByItself() {
        var watch = QuotaWatch()
        let all = [Self.use(900), Self.use(900, "b@contoso.com"), Self.use(900, nil), Self.use(10, route: "s")]
        #expect(watch.crossings(in: all) == Array(all[..<3]))
        #expect(watch.crossings(in: [Self.use(900, route: "s")] + all) == [Self.use(900, route: "s")])
        #expect(watch.crossings(in: []).isEmpty)
        #expect(watch.crossings(in: all).count == 3, "an unused one begins anew")
    }

    @Test func theSchedulerNamesWhatIsUsedOfQuotasAlone() throws {
        var scheduler = Scheduler()
        let mailbox = address("box@contoso.com")
        scheduler.configure("r", routeLimits { $0.externalRecipients = Rate(50, per: .seconds(86_400)) }, at: 0)
        #expect(scheduler.quotas(at: 0).isEmpty)
        let spent = Spent(answeredAt: -10, messages: 3, recipients: 40, externalRecipients: 30, size: 9000)
        scheduler.restore(LaneKey(route: "r", mailbox: mailbox), [spent], at: 0)
        #expect(
            scheduler.quotas(at: 0) == [
                QuotaUse(
                    route: "r", mailbox: nil,
                    LimitUse(.externalRecipients, used: 30, of: Rate(50, per: .seconds(86_400)))),
                QuotaUse(
                    route: "r", mailbox: mailbox,
                    LimitUse(.recipients, used: 40, of: Rate(10_000, per: .seconds(86_400)))),
                QuotaUse(
                    route: "r", mailbox: mailbox,
                    LimitUse(.upload, used: 12_000, of: Rate(150_000_000, per: .seconds(300)))),
            ])
        #expect(scheduler.quotas(at: 86_390).isEmpty)
    }
}
