import DeliveryPolicy
import MailModel

/// A day of a company: a hundred mailboxes, a hundred thousand messages, one outage, a few throttles and two restarts.
extension Scenario {
    package static func day(mailboxes: Int = 100, messages: Int = 100_000, seed: UInt64 = 1) -> Scenario {
        var random = SplitMix64(seed: seed)
        var day = Scenario(seed: seed, mailboxes: (0..<mailboxes).map(mailbox))
        day.limits.other = .smtp
        day.limits.fallback = FallbackRule()
        day.latency = 150...1500
        day.isShuffled = false
        day.downtime = 1000...5000
        for _ in 0..<messages {
            day.arrivals.append(
                Arrival(
                    at: Instant(random.fine(0...86_400_000_000)), mailbox: random.pick(day.mailboxes),
                    recipients: [Int.random(in: 1...3, using: &random)],
                    size: .random(in: 2000...60_000, using: &random),
                    priority: random.pick([.normal, .normal, .bulk, .high]), via: nil, isFromTool: false))
        }
        day.arrivals.sort { $0.at < $1.at }
        day.calmFrom = Instant(.seconds(86_400))
        day.deadline = day.calmFrom + .seconds(6 * 3600)
        let always = Instant.start..<day.calmFrom
        let noon = Instant(.seconds(12 * 3600))
        day.faults = [
            Fault(kind: .noConnection, path: .graph, during: noon..<noon + .seconds(1800)),
            Fault(kind: .throttled, during: always, share: 0.0005),
            Fault(kind: .busy, during: always, share: 0.0005),
            Fault(kind: .lostAnswer, during: always, share: 0.0002),
        ]
        day.crashes = [noon + .seconds(900), noon + .seconds(18_000)]
        return day
    }
}
