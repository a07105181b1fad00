import MailModel

/// How an alert follows its condition.
struct AlertPace: Hashable, Sendable {
    /// An opening waits until the count has stood still for so long, so that it tells the whole of a burst.
    var quiet = Duration.zero
    /// But no longer than this.
    var patience = Duration.zero
    /// For so long the condition must not have been true before the alert closes.
    var calm: Duration
    /// Where nothing at all is counted any more, it closes at once.
    var closesAtZero: Bool

    /// Between two things told of an open alert.
    static let betweenUpdates = Duration.seconds(300)
}

/// What was counted at a moment, and whether that is enough to alert.
struct AlertLevel: Hashable, Sendable {
    var count: Int
    var isReached: Bool
}

enum AlertAction: Hashable, Sendable {
    case none
    case opened
    /// The count has at least doubled since people were last told.
    case updated
    case closed(Episode)

    /// From an opening to its closing.
    struct Episode: Hashable, Sendable {
        var openedAt: Timestamp
        /// The highest count.
        var peak: Int
        var told: Int
        var toldAt: Timestamp
        /// Since when the condition has no longer been true.
        var calmSince: Timestamp?
    }
}

/// One alert's way from closed to open and back: told once that it opened, now and then that it grew, once that it closed.
struct AlertState: Hashable, Sendable {
    typealias Episode = AlertAction.Episode

    enum Phase: Hashable, Sendable {
        case closed
        /// The condition has become true; the count still grows. Whatever follows, it opens.
        case gathering(since: Timestamp, peak: Int, grownAt: Timestamp)
        case open(Episode)
    }

    private(set) var phase: Phase

    init(_ phase: Phase = .closed) { self.phase = phase }

    var episode: Episode? { if case .open(let episode) = phase { episode } else { nil } }

    mutating func observe(_ level: AlertLevel, _ pace: AlertPace, at now: Timestamp) -> AlertAction {
        switch phase {
        case .closed:
            guard level.isReached else { return .none }
            phase = .gathering(since: now, peak: level.count, grownAt: now)
            return gather(level, pace, at: now)
        case .gathering: return gather(level, pace, at: now)
        case .open(let episode): return follow(episode, level, pace, at: now)
        }
    }

    private mutating func gather(_ level: AlertLevel, _ pace: AlertPace, at now: Timestamp) -> AlertAction {
        guard case .gathering(let since, let peak, var grownAt) = phase else { return .none }
        if level.count > peak { grownAt = now }
        let count = max(peak, level.count)
        let isComplete = now - grownAt >= pace.quiet || now - since >= pace.patience || !level.isReached
        guard isComplete else {
            phase = .gathering(since: since, peak: count, grownAt: grownAt)
            return .none
        }
        phase = .open(Episode(openedAt: since, peak: count, told: count, toldAt: now))
        return .opened
    }

    private mutating func follow(
        _ previous: Episode, _ level: AlertLevel, _ pace: AlertPace, at now: Timestamp
    ) -> AlertAction {
        var episode = previous
        episode.peak = max(episode.peak, level.count)
        guard level.isReached else { return rest(episode, level, pace, at: now) }
        episode.calmSince = nil
        let hasGrown = level.count >= 2 * max(1, episode.told)
        let mayTell = hasGrown && now - episode.toldAt >= AlertPace.betweenUpdates
        if mayTell { (episode.told, episode.toldAt) = (level.count, now) }
        phase = .open(episode)
        return mayTell ? .updated : .none
    }

    private mutating func rest(
        _ previous: Episode, _ level: AlertLevel, _ pace: AlertPace, at now: Timestamp
    ) -> AlertAction {
        var episode = previous
        let calmSince = episode.calmSince ?? now
        episode.calmSince = calmSince
        guard now - calmSince >= pace.calm || (level.count == 0 && pace.closesAtZero) else {
            phase = .open(episode)
            return .none
        }
        phase = .closed
        return .closed(episode)
    }
}
