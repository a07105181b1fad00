import MailModel

/// Keeps one path of a mailbox still after a throttling answer: as long as Retry-After says, else for 1 s, 2 s, 4 s … up to a minute
/// (Microsoft Graph throttling guidance: exponential back-off where there is no Retry-After). A Retry-After that has been wrong
/// four times in a row grows in the same way: every request that is refused counts, too.
struct ThrottlePause: Sendable {
    private static let backoff = Backoff(first: .seconds(1), max: .seconds(60))
    private static let trusted = 4

    private struct Spell: Sendable {
        /// When the first of the answers came that nothing good came after.
        let since: Instant
        let until: Instant
        let reason: Refusal
    }

    private var spell: Spell?
    /// Throttling answers in a row, each to an attempt made after the pause before it, with nothing good between.
    private var repeats = 0

    var until: Instant? { spell?.until }

    /// `nil` where it does not pause any more.
    func trouble(at now: Instant) -> Trouble? {
        spell.flatMap { $0.until > now ? Trouble(reason: $0.reason, since: $0.since, until: $0.until) : nil }
    }

    func isPaused(at now: Instant) -> Bool { until.map { $0 > now } ?? false }

    /// Answers that come while it pauses are of attempts from before: they may lengthen the pause but do not count as
    /// repeated. A Retry-After below a second says nothing, and is answered by the back-off.
    mutating func refused(
        _ refusal: Refusal, retryAfter: Duration?, at now: Instant, using random: inout some RandomNumberGenerator
    ) {
        if !isPaused(at: now) { repeats += 1 }
        extend(to: now + wait(for: retryAfter, using: &random), refusal, since: now)
    }

    private func wait(for retryAfter: Duration?, using random: inout some RandomNumberGenerator) -> Duration {
        guard let retryAfter, retryAfter >= .seconds(1) else {
            return max(retryAfter ?? .zero, Self.backoff.wait(afterRepeats: repeats - 1, using: &random))
        }
        guard repeats > Self.trusted else { return retryAfter }
        return max(retryAfter, Self.backoff.wait(afterRepeats: repeats - Self.trusted, using: &random))
    }

    /// The mailbox took something. While it pauses that tells of the time before and does not end it; but of what is sent
    /// together refusals are answered first, so where some is taken each time the next pause is no longer than the first.
    mutating func flowed(at now: Instant) {
        if isPaused(at: now) { repeats = 0 } else { self = ThrottlePause() }
    }

    /// Takes up a pause that the log remembers.
    mutating func restore(_ refusal: Refusal, since: Instant, until: Instant) {
        extend(to: until, refusal, since: since)
    }

    private mutating func extend(to end: Instant, _ refusal: Refusal, since: Instant) {
        if let spell, spell.until >= end { return }
        spell = Spell(since: min(since, spell?.since ?? since), until: end, reason: refusal)
    }
}
