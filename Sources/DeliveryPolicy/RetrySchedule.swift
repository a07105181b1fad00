package import MailModel

/// When a message that met a temporary refusal is tried again, and when that ends.
package struct RetrySchedule: Hashable, Sendable {
    package enum Decision: Hashable, Sendable {
        case retry(at: Timestamp)
        case giveUp
    }

    package var backoff: Backoff
    /// Counted from the acceptance of the message.
    package var giveUpAfter: Duration

    package init(
        first: Duration = .seconds(15), factor: Double = 2, max: Duration = .seconds(1800), jitter: Double = 0.2,
        giveUpAfter: Duration = .seconds(2 * 86_400)
    ) {
        backoff = Backoff(first: first, factor: factor, max: max, jitter: jitter)
        self.giveUpAfter = giveUpAfter
    }

    package func isOver(acceptedAt: Timestamp, now: Timestamp) -> Bool { now - acceptedAt >= giveUpAfter }

    /// The last attempt is made when the time is over, or when Retry-After allows, whichever is later.
    /// - Parameter retries: how many attempts of this message have failed before the one that is judged now.
    package func decide(
        retries: Int, acceptedAt: Timestamp, now: Timestamp, retryAfter: Duration? = nil,
        using random: inout some RandomNumberGenerator
    ) -> Decision {
        guard !isOver(acceptedAt: acceptedAt, now: now) else { return .giveUp }
        let regular = now + backoff.wait(afterRepeats: retries, using: &random)
        let inTime = min(regular, acceptedAt + giveUpAfter)
        return .retry(at: max(inTime, retryAfter.map { now + Self.roundedUp($0) } ?? inTime))
    }

    /// To whole milliseconds, which is what a timestamp can hold.
    private static func roundedUp(_ span: Duration) -> Duration {
        let whole = Duration.milliseconds(span.milliseconds)
        return whole < span ? whole + .milliseconds(1) : whole
    }
}
