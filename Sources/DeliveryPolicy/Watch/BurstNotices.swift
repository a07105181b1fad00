package import MailModel

/// Which bursts a running service has yet to tell of: each once, when it is recognised, and not again before it is over.
///
/// Looks overlap, because an attempt is stored a little after it has finished.
package struct BurstNotices: Sendable {
    /// As long without such a failure, and the next burst is a new one: what waits is tried again in waves.
    package static let standardQuiet = Duration.seconds(300)
    private static let overlap = Duration.seconds(60)

    private struct Seen: Hashable {
        let id: QueueID
        let attempt: Int
    }

    /// From when on the next look must have the attempts, by when they finished.
    package private(set) var since: Timestamp
    private let started: Timestamp
    private let quiet: Duration
    private var detector: BurstDetector
    private var seen: [Seen: Timestamp] = [:]
    /// When what was told of last failed.
    private var told: [BurstKey: Timestamp] = [:]

    /// - Parameter now: what finished before does not count.
    package init(
        from now: Timestamp, detector: BurstDetector = BurstDetector(), quiet: Duration = standardQuiet
    ) {
        (since, started) = (now, now)
        self.detector = detector
        self.quiet = quiet
    }

    /// - Parameter attempts: those since `since`, by when they finished.
    /// - Returns: the bursts to tell of, by their start.
    package mutating func look(at attempts: [TroubledAttempt], at now: Timestamp) -> [FailureBurst] {
        var news: [FailureBurst] = []
        for attempt in attempts
        where seen.updateValue(attempt.finishedDate, forKey: Seen(id: attempt.id, attempt: attempt.attempt)) == nil {
            if let ended = detector.observe(attempt) { note(ended, &news) }
            refresh(attempt)
        }
        for burst in detector.current { note(burst, &news) }
        forget(at: now)
        return news.inOrder
    }

    private mutating func note(_ burst: FailureBurst, _ news: inout [FailureBurst]) {
        guard told[burst.key] == nil else { return }
        told[burst.key] = burst.end
        news.append(burst)
    }

    /// What was told of goes on, or was over and begins anew.
    private mutating func refresh(_ attempt: TroubledAttempt) {
        let key = BurstKey(attempt)
        guard let last = told[key] else { return }
        told[key] = attempt.finishedDate - last > quiet ? nil : max(last, attempt.finishedDate)
    }

    private mutating func forget(at now: Timestamp) {
        since = max(started, now - Self.overlap)
        let (since, quiet) = (since, quiet)
        seen = seen.filter { $0.value >= since }
        detector.forget(before: since)
        told = told.filter { now - $0.value <= quiet }
    }
}
