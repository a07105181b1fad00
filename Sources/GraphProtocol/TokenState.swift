// The life of one token: fetched once for all who wait, renewed well before it ends, kept while renewal fails, thrown
// away when it is refused. One machine for each TokenKey; whoever drives it holds the waiters and makes the requests.
//
// After `.fetch` and `.useAndFetch` exactly one request is in flight, and its end is told with `fetched` or `failed`.
// Whoever got `.fetch` or `.wait` waits for what those two return: `.fetch` again means one more request, still waiting.
// Whoever got `.useAndFetch` waits for nothing.

package import MailModel

/// A token in hand, with the number it was given here.
package struct HeldToken: Hashable, Sendable {
    package let token: AccessToken
    /// Counts up with each token, so that a late refusal of an old one is not taken for one of the new.
    package let generation: Int
    package let fetchedAt: Instant
    /// From here on a new one is fetched, while this one is still used.
    package let refreshAt: Instant
    /// From here on it is not used any more: a little before the end Entra named.
    package let usableUntil: Instant
    /// It took the place of a token that was refused.
    package let isReplacement: Bool
}

package struct TokenState: Hashable, Sendable {
    package enum Action: Hashable, Sendable {
        case use(HeldToken)
        /// Use it now; fetch the next one meanwhile.
        case useAndFetch(HeldToken)
        /// Make a request, with a new assertion, and wait for its end.
        case fetch
        /// Someone else's request is in flight.
        case wait
        case fail(TokenFailure, retryAt: Instant)
    }

    private struct Request: Hashable, Sendable {
        var replacesRefused = false
        var renewedAssertion = false
    }

    private struct Pause: Hashable, Sendable {
        var until: Instant
        var failure: TokenFailure
        var replacesRefused: Bool
    }

    private enum State: Hashable, Sendable {
        /// Nothing was ever asked for. Leads to `fetching`.
        case none
        /// No token to use, one request in flight. Leads to `valid` or `failing`.
        case fetching(Request)
        /// Leads to `refreshing` when it grows old, to `fetching` when it is refused or was left to expire.
        case valid(HeldToken)
        /// A token to use, one request for the next in flight. Leads to `valid`, `failing`, `fetching`.
        case refreshing(HeldToken, Request)
        /// The last request failed; a token that is still good goes on being used. Leads to `fetching`, `refreshing`.
        case failing(Pause, HeldToken?)
    }

    private var state = State.none
    private var generation = 0
    /// Failures in a row, refused replacements among them.
    private var failures = 0

    package init() {}

    /// For the same application with other credentials. A token in hand goes on being used, while a new one is fetched at
    /// once; what has failed is forgotten.
    package init(succeeding old: TokenState) {
        generation = old.generation
        if let held = old.held { state = .valid(held.dueForRenewal) }
    }

    /// Someone wants to send.
    package mutating func needed(now: Instant) -> Action {
        switch state {
        case .none:
            return fetch(Request())
        case .fetching:
            return .wait
        case .valid(let held) where now < held.refreshAt:
            return .use(held)
        case .valid(let held) where now < held.usableUntil:
            return refresh(held, Request())
        case .valid:
            return fetch(Request())
        case .refreshing(let held, _) where now < held.usableUntil:
            return .use(held)
        case .refreshing(_, let request):
            state = .fetching(request)
            return .wait
        case .failing(let pause, let held?) where now < held.usableUntil:
            return now < pause.until ? .use(held) : refresh(held, Request())
        case .failing(let pause, _) where now < pause.until:
            return .fail(pause.failure, retryAt: pause.until)
        case .failing(let pause, _):
            return fetch(Request(replacesRefused: pause.replacesRefused))
        }
    }

    /// The request in flight brought a token.
    package mutating func fetched(_ token: AccessToken, now: Instant) -> Action {
        let isReplacement = request?.replacesRefused ?? false
        generation += 1
        if !isReplacement { failures = 0 }
        let held = HeldToken(token, generation: generation, isReplacement: isReplacement, now: now)
        state = .valid(held)
        return .use(held)
    }

    /// The request in flight brought none.
    package mutating func failed(_ failure: TokenFailure, now: Instant) -> Action {
        guard var request else { return needed(now: now) }
        if failure.kind == .newAssertionOnce, !request.renewedAssertion {
            request.renewedAssertion = true
            resume(request)
            return .fetch
        }
        return pause(for: failure, replacesRefused: request.replacesRefused, now: now)
    }

    /// The far side answered 401 to the token of that generation. Fetches a new one, once: a replacement that is refused
    /// soon after it came is a matter for people, and not for more requests.
    ///
    /// - Parameter words: the far side's, for the failure.
    package mutating func rejected(generation refused: Int, words: String, now: Instant) -> Action {
        guard let held, held.generation == refused else { return needed(now: now) }
        switch state {
        case .refreshing(_, var request):
            request.replacesRefused = true
            state = .fetching(request)
            return .wait
        case .failing(var pause, _) where now < pause.until:
            pause.replacesRefused = true
            state = .failing(pause, nil)
            return .fail(pause.failure, retryAt: pause.until)
        case .none, .fetching, .valid, .failing:
            return replace(held, words, now)
        }
    }

    /// A login for one mailbox was refused with the token of that generation. That may be the mailbox's fault: a new token is
    /// worth a try, but its refusal says nothing to the other mailboxes, which go on with the old one until it is there.
    ///
    /// - Returns: `nil` where another token would not help: this one is a recent replacement, or none can be had now.
    package mutating func doubted(generation doubted: Int, now: Instant) -> Action? {
        switch state {
        case .failing: return nil
        case .valid(let held) where held.generation == doubted:
            guard !isOnProbation(held, now) else { return nil }
            failures = 0
            state = .refreshing(held, Request(replacesRefused: true))
            return .fetch
        case .refreshing(let held, var request) where held.generation == doubted:
            guard !isOnProbation(held, now) else { return nil }
            request.replacesRefused = true
            state = .refreshing(held, request)
            return .wait
        case .none, .fetching, .valid, .refreshing: return needed(now: now)
        }
    }

    /// The token in hand, which may have expired.
    package var held: HeldToken? {
        switch state {
        case .none, .fetching: nil
        case .valid(let held), .refreshing(let held, _): held
        case .failing(_, let held): held
        }
    }

    /// Why the last request failed, until one succeeds.
    package var failure: TokenFailure? {
        guard case .failing(let pause, _) = state else { return nil }
        return pause.failure
    }

    private var request: Request? {
        switch state {
        case .fetching(let request), .refreshing(_, let request): request
        case .none, .valid, .failing: nil
        }
    }

    private mutating func fetch(_ request: Request) -> Action {
        state = .fetching(request)
        return .fetch
    }

    private mutating func refresh(_ held: HeldToken, _ request: Request) -> Action {
        state = .refreshing(held, request)
        return .useAndFetch(held)
    }

    private mutating func resume(_ request: Request) {
        state = held.map { .refreshing($0, request) } ?? .fetching(request)
    }

    private mutating func replace(_ refused: HeldToken, _ words: String, _ now: Instant) -> Action {
        if isOnProbation(refused, now) {
            state = .none
            return pause(for: .refusedAtOnce(words), replacesRefused: true, now: now)
        }
        failures = 0
        return fetch(Request(replacesRefused: true))
    }

    private mutating func pause(for failure: TokenFailure, replacesRefused: Bool, now: Instant) -> Action {
        failures += 1
        let until = now + TokenBackoff.pause(after: failure, failures: failures)
        let kept = held.flatMap { now < $0.usableUntil ? $0 : nil }
        state = .failing(Pause(until: until, failure: failure, replacesRefused: replacesRefused), kept)
        return kept.map { .use($0) } ?? .fail(failure, retryAt: until)
    }

    /// How long a replacement has to hold before its refusal counts as a new event.
    private static let probation = Duration.seconds(300)

    private func isOnProbation(_ held: HeldToken, _ now: Instant) -> Bool {
        held.isReplacement && now - held.fetchedAt < Self.probation
    }
}

extension HeldToken {
    /// Half of its life is left for renewal, unless Entra names the moment itself: that is half an hour and more for the
    /// usual 60 to 90 minutes, and still works for a life of seconds. The margin at the end is a tenth, 5 minutes at most.
    fileprivate init(_ token: AccessToken, generation: Int, isReplacement: Bool, now: Instant) {
        let usable = token.expiresIn - min(token.expiresIn / 10, .seconds(300))
        self.init(
            token: token, generation: generation, fetchedAt: now,
            refreshAt: now + min(token.refreshIn ?? token.expiresIn / 2, usable), usableUntil: now + usable,
            isReplacement: isReplacement)
    }

    fileprivate var dueForRenewal: HeldToken {
        HeldToken(
            token: token, generation: generation, fetchedAt: fetchedAt, refreshAt: fetchedAt, usableUntil: usableUntil,
            isReplacement: isReplacement)
    }
}

/// How long to leave the token endpoint alone.
enum TokenBackoff {
    /// - Parameter failures: in a row, this one counted; at least 1.
    static func pause(after failure: TokenFailure, failures: Int) -> Duration {
        max(failure.retryAfter ?? .zero, ownPause(failure, failures))
    }

    /// Passing troubles: 1 s to 60 s, where the service names no time itself. What an operator has to mend is looked at
    /// again as often as the route's circuit breaker lets an attempt through, after 5 s, 10 s, 20 s … 5 minutes: always a
    /// little sooner than that, or the attempt would be in vain and the next one far away.
    private static func ownPause(_ failure: TokenFailure, _ failures: Int) -> Duration {
        switch failure.kind {
        case .transient: failure.retryAfter == nil ? doubled(1, failures, most: 60) : .seconds(1)
        case .operator, .newAssertionOnce: doubled(3, failures, most: 200)
        case .backOffMinutes: doubled(300, failures, most: 1800)
        }
    }

    private static func doubled(_ first: Int, _ failures: Int, most: Int) -> Duration {
        .seconds(min(most, first << min(failures - 1, 10)))
    }
}
