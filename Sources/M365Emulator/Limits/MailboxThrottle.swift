import MailModel

/// Graph's limits for one app and one mailbox (Microsoft Graph throttling limits, Outlook service).
struct MailboxThrottle: Sendable {
    enum Verdict: Hashable, Sendable {
        /// A slot is taken, and must be given back by `leave`.
        case admitted
        case refused(Reason, retryAfter: Duration)
    }

    enum Reason: Hashable, Sendable, CaseIterable { case mailboxConcurrency, requests, incomingBytes }

    private(set) var inFlight = 0
    private(set) var maximumInFlight = 0
    private(set) var throttled = 0
    /// Requests that came before the last Retry-After had run out.
    private(set) var early = 0
    private var requests: SlidingWindow
    private var bytes: SlidingWindow
    private var refusal: Range<Instant>?

    init(limits: PublishedLimits) {
        requests = SlidingWindow(length: Duration(fractionalSeconds: limits.requestWindow))
        bytes = SlidingWindow(length: Duration(fractionalSeconds: limits.uploadWindow))
    }

    /// A request's head is here. Refused requests count as requests, too.
    ///
    /// - Parameter length: of the body, where it is known.
    mutating func enter(
        at now: Instant, length: Int, limits: PublishedLimits, concurrencyRetryAfter: Duration
    ) -> Verdict {
        if let refusal, refusal.contains(now) { early += 1 }
        let requestWait = limits.requests > 0 ? requests.wait(for: 1, under: limits.requests, at: now) : .zero
        let byteWait = limits.uploadBytes > 0 ? bytes.wait(for: length, under: limits.uploadBytes, at: now) : .zero
        requests.add(at: now)
        if requestWait > .zero { return refuse(.requests, requestWait) }
        if byteWait > .zero { return refuse(.incomingBytes, byteWait) }
        if limits.concurrency > 0, inFlight >= limits.concurrency {
            return refuse(.mailboxConcurrency, concurrencyRetryAfter)
        }
        bytes.add(length, at: now)
        inFlight += 1
        maximumInFlight = max(maximumInFlight, inFlight)
        return .admitted
    }

    /// Bytes that no Content-Length had announced.
    mutating func charge(_ length: Int, at now: Instant) { bytes.add(length, at: now) }

    mutating func leave() { inFlight -= 1 }

    /// From `tolerance` behind now until the end of `retryAfter`, requests are early.
    mutating func expectPause(of retryAfter: Duration, at now: Instant, tolerance: Duration) {
        let end = now + retryAfter
        guard retryAfter > tolerance, end > (refusal?.upperBound ?? .start) else { return }
        refusal = (now + tolerance)..<end
    }

    private mutating func refuse(_ reason: Reason, _ wait: Duration) -> Verdict {
        throttled += 1
        return .refused(reason, retryAfter: wait)
    }
}
