import DeliveryPolicy
package import EmailLog
import GraphProtocol
import MailModel

/// What the log remembers of the limits: what was spent, and which pauses still hold.
struct SpendingMemory: Sendable {
    let spent: [LaneKey: [Spent]]
    let pauses: [LanePause]
    /// What Microsoft has asked for holds to its end, whatever ended the pause that was made of it: a restart, or another
    /// cause's pause of the whole route on top of it.
    let respites: [LaneKey: [Path: Timestamp]]
    /// Until when connections may count that outlived their process, by route.
    let lingering: [String: [LaneKey: Timestamp]]

    /// As long as a connection that we close ourselves is waited for (`SMTPClientOptions.Timeouts.quit`).
    static let afterlife = Duration.seconds(5)

    /// - Parameter limits: of the routes it is read for; nothing older than their longest window, and than the longest
    ///   Retry-After that is heeded, matters.
    static func load(
        from log: any DeliveryStore, for limits: some Sequence<RouteLimits>, clocks: Clocks
    ) async throws(EmailLogError) -> SpendingMemory {
        let now = clocks.now()
        let longest = limits.flatMap(\.windows).reduce(RetryAfter.longest, max)
        let attempts = try await log.attempts(since: now - longest, route: nil)
        return SpendingMemory(of: attempts, pauses: try await log.pauses().filter { $0.until > now }, clocks: clocks)
    }

    init(of attempts: [SpentAttempt], pauses: [LanePause] = [], clocks: Clocks) {
        let now = clocks.now()
        let instant = clocks.instant()
        spent = Dictionary(grouping: attempts, by: \.lane).mapValues { $0.map { Spent($0, at: now, instant) } }
        self.pauses = pauses
        respites = Dictionary(grouping: attempts, by: \.lane).mapValues { attempts in
            let ends = attempts.compactMap { one in one.rest.map { (one.path, one.finishedDate + $0) } }
            return Dictionary(ends.filter { $0.1 > now }, uniquingKeysWith: max)
        }
        let cutOff = attempts.filter { $0.path == .smtp && $0.isUnknown }.map {
            ($0.lane, $0.finishedDate + Self.afterlife)
        }
        lingering = Dictionary(grouping: cutOff.filter { $0.1 > now }, by: \.0.route).mapValues {
            Dictionary($0, uniquingKeysWith: max)
        }
    }

    private static let respite = Refusal(
        scope: .mailbox, cause: .throttled, text: "Microsoft has asked for a rest (Retry-After).")

    /// Books it all, as it stands at this moment.
    ///
    /// - Parameter isInForce: which pauses are taken up.
    func restore(
        into scheduler: inout Scheduler, routes: Set<String>, clocks: Clocks,
        pausesThat isInForce: (LanePause) -> Bool = \.outlivesRestart
    ) {
        let now = clocks.now()
        let instant = clocks.instant()
        for (lane, entries) in spent where routes.contains(lane.route) { scheduler.restore(lane, entries, at: instant) }
        for pause in pauses where routes.contains(pause.route) && isInForce(pause) {
            let refusal = Refusal(
                scope: pause.mailbox == nil ? .route : .mailbox, cause: pause.cause, text: pause.reason)
            let until = instant + max(.zero, pause.until - now)
            let since = instant + min(.zero, pause.since - now)
            if let mailbox = pause.mailbox {
                scheduler.restorePause(
                    LaneKey(route: pause.route, mailbox: mailbox), pause.path, refusal, since: since, until: until,
                    at: instant)
            } else {
                scheduler.restorePause(
                    route: pause.route, path: pause.path, refusal, since: since, until: until, at: instant)
            }
        }
        for (lane, ends) in respites where routes.contains(lane.route) {
            for (path, end) in ends {
                scheduler.restorePause(lane, path, Self.respite, until: instant + (end - now), at: instant)
            }
        }
    }
}

extension LanePause {
    /// What waited for an operator is looked at again after a restart or a reload, which may be the mending.
    package var outlivesRestart: Bool { cause == .throttled || cause == .unavailable || cause == .quota }
}

extension Spent {
    fileprivate init(_ attempt: SpentAttempt, at now: Timestamp, _ instant: Instant) {
        self.init(
            answeredAt: instant - max(.zero, now - attempt.finishedDate), path: attempt.path,
            messages: attempt.cost.recipients > 0 ? 1 : 0, recipients: Int64(attempt.cost.recipients),
            externalRecipients: Int64(attempt.cost.externalRecipients), size: Int64(attempt.cost.bytes),
            requests: Int64(attempt.cost.requests))
    }
}

extension RouteLimits {
    /// The spans of all its limits.
    var windows: [Duration] {
        [lane.messages, lane.recipients, lane.requests, lane.upload, externalRecipients].compactMap(\.?.per)
    }
}
