import DeliveryPolicy
import MailModel

/// Lanes are independent: one mailbox that is throttled without pause changes nothing for the others. Shown by two runs that
/// differ in nothing else.
package enum Isolation {
    /// As much as a timer may be late.
    private static let tolerance = Duration.milliseconds(5)

    /// - Returns: the messages of other mailboxes that were attempted at another time than without the trouble.
    package static func violations(seed: UInt64, mailboxes: Int = 12, messages: Int = 400) -> [String] {
        let calm = World(.isolation(seed: seed, mailboxes, messages, isThrottled: false)).run()
        let troubled = World(.isolation(seed: seed, mailboxes, messages, isThrottled: true)).run()
        let others = Scenario.isolation(seed: seed, mailboxes, messages, isThrottled: true).idsOfOthers
        return calm.violations + troubled.violations
            + others.compactMap { id in
                guard let before = calm.begun[id], let after = troubled.begun[id] else {
                    return "\(id) is not attempted"
                }
                let change = after - before
                return change < .zero - tolerance || change > tolerance ? "\(id) begins \(change) later" : nil
            }
    }
}

extension Scenario {
    fileprivate static func isolation(
        seed: UInt64, _ mailboxes: Int, _ messages: Int, isThrottled: Bool
    ) -> Scenario {
        var random = SplitMix64(seed: seed)
        var scenario = Scenario(seed: seed, mailboxes: (0..<mailboxes).map(mailbox))
        scenario.limits.lane.messages = Rate(10, per: .seconds(20))
        scenario.latency = 300...300
        scenario.isShuffled = false
        scenario.drawArrivals(messages, over: 300, &random)
        scenario.calmFrom = Instant(.seconds(900))
        scenario.deadline = scenario.calmFrom + .seconds(3 * 3600)
        if isThrottled {
            let always = Instant.start..<scenario.calmFrom
            scenario.faults = [Fault(kind: .throttledVaguely, mailbox: mailbox(0), during: always)]
        }
        return scenario
    }

    fileprivate var idsOfOthers: [QueueID] {
        arrivals.enumerated().filter { $0.element.mailbox != mailboxes[0] }.map { QueueID(rawValue: "m\($0.offset)") }
    }
}
