import DeliveryPolicy
import MailModel
import Postern

/// What a seed stands for: who sends how much under which limits, and what goes wrong.
package struct Scenario: Sendable {
    /// A part of the world that does not keep its word, to show that this is noticed.
    package enum Sabotage: String, CaseIterable, Sendable {
        /// A path sends what it has sent.
        case delivery
        /// A limit is believed to come back before its time.
        case refill
        /// The store forgets what came of an attempt.
        case settle
        /// The store forgets a message it has accepted.
        case accept
        /// The store forgets at a restart what was spent, or what is paused.
        case spending, pauses
    }

    package struct Arrival: Sendable {
        let at: Instant
        let mailbox: Address
        let recipients: [Int]
        let size: Int
        let priority: Priority
        let via: Path?
        /// By another process, which rings no bell.
        let isFromTool: Bool
    }

    package var seed: UInt64
    var mailboxes: [Address] = []
    var routeCount = 1
    var limits = RouteLimits()
    var schedule = RetrySchedule()
    var onUnknown = Disposition.UnknownPolicy.retry
    /// In milliseconds.
    var latency = 20...2000
    /// In microseconds; zero takes no time, and no turn.
    var diskTime = 0...0
    /// In the order they come.
    var arrivals: [Arrival] = []
    var faults: [Fault] = []
    /// From when on the store fails, and for how long.
    var diskFailures: [Range<Instant>] = []
    /// That the process dies behind a step.
    var crashShare = 0.0
    /// When it dies besides.
    var crashes: [Instant] = []
    /// In milliseconds.
    var downtime = 10...20_000
    var reloads: [Instant] = []
    /// When an operator holds, releases, cancels or resends something.
    var interventions: [Instant] = []
    /// Of the messages, one in so many cannot go by Graph; 0: all can.
    var unrepresentable = 0
    /// Of the messages, one in so many is in the arm of a trial that goes by the other path; 0: none is.
    var tried = 0
    /// When the trial, which runs from the beginning, ends or begins.
    var trialTurns: [Instant] = []
    /// What is ready to run at the same time runs in any order.
    var isShuffled = true
    /// From then on nothing goes wrong any more, and everything must come to an end.
    var calmFrom = Instant.start
    var deadline = Instant.start
    package var sabotage: Sabotage?

    var paths: [Path] { [limits.primary] + (limits.other.map { [$0] } ?? []) }

    func route(of mailbox: Address) -> String {
        guard routeCount > 1 else { return "route0" }
        let number = mailboxes.firstIndex(of: mailbox) ?? 0
        return "route\(number % routeCount)"
    }

    /// As delivery is told them.
    func routes(_ path: (Path) -> any DeliveryPath) -> [DeliveryRoute] {
        var told = limits
        if sabotage == .refill {
            let rate = limits.lane.messages
            told.lane.messages = Rate(rate.amount, per: rate.per * 0.8)
        }
        return (0..<routeCount).map { number in
            DeliveryRoute(
                name: "route\(number)", limits: told, schedule: schedule,
                lostAnswers: LostAnswers(onUnknown: onUnknown),
                paths: Dictionary(uniqueKeysWithValues: paths.map { ($0, path($0)) }))
        }
    }

    /// The same with a quota that is never used up, of recipients that count from now on.
    var countingExternals: Scenario {
        var other = self
        other.limits.externalRecipients = Rate(1_000_000, per: .seconds(60))
        return other
    }

    func isUnrepresentable(_ id: QueueID, by path: Path) -> Bool {
        guard unrepresentable > 0, path == .graph, paths.contains(.smtp) else { return false }
        let number = Int(id.rawValue.dropFirst().prefix { $0 != "-" }) ?? 0
        return number % unrepresentable == 0
    }

    func isTried(_ number: Int) -> Bool { tried > 0 && number % tried == 0 }

    func latency(of id: QueueID, isLocal: Bool, _ random: inout SplitMix64) -> Duration {
        isLocal ? random.fine(1000...50_000) : random.fine(latency.lowerBound * 1000...latency.upperBound * 1000)
    }

    static func mailbox(_ number: Int) -> Address {
        guard let address = try? Address(parsing: "box\(number)@contoso.com") else {
            preconditionFailure("a mailbox has an address")
        }
        return address
    }

    static func recipient(_ number: Int) -> Address {
        number < firstRecipients.count ? firstRecipients[number] : makeRecipient(number)
    }

    private static let firstRecipients = (0..<100).map(makeRecipient)

    private static func makeRecipient(_ number: Int) -> Address {
        guard let address = try? Address(parsing: "r\(number)@example.org") else {
            preconditionFailure("a recipient has an address")
        }
        return address
    }
}
