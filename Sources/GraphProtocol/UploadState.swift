// Brings one attachment to a draft by an upload session ("attachment: createUploadSession"; "Attach large files to Outlook
// messages"): ranges in order, one at a time. A broken range is asked about and gone on with; an expired session is replaced,
// and begins at zero. What may be on the draft already is never brought a second time.

package import MailModel

/// ```
///             begin            sessionCreated           completed
///   fresh ───────────▶ opening ──────────────▶ sending ───────────▶ done
///                        ▲                      │    ▲
///                        │ gone, expired        │    │ accepted
///                        └──────────────────────┤    │
///                        ▲                broken▼    │
///                        └──────────────────── asking┘     any: too often, or refused ──▶ failed
/// ```
package struct UploadState: Hashable, Sendable {
    package enum Action: Hashable, Sendable {
        case createSession
        case put(UploadSession, Range<Int>)
        /// How far it has come, after a pause.
        case ask(UploadSession, after: Duration)
        /// The attachment is on the draft.
        case finish
        /// `deferred` or `rejected`. The draft must not be sent.
        case giveUp(Outcome)
    }

    enum State: Hashable, Sendable {
        case fresh
        case opening
        case sending(UploadSession, Range<Int>)
        case asking(UploadSession)
        case done
        case failed
    }

    /// Failures in a row without a single octet accepted.
    static let mostInterruptions = 5
    static let mostSessions = 3
    /// A session that ends within this time is not trusted with another range.
    static let margin = Duration.seconds(5)

    let size: Int
    let rangeLength: Int
    private(set) var state = State.fresh
    private(set) var interruptions = 0
    private(set) var sessions = 0
    /// No answer came to a last range: it may have arrived, or may still, and ended its session by that.
    private(set) var mayBeComplete = false

    /// - Parameter size: of the attachment, in octets; positive.
    package init(size: Int, rangeLength: Int = UploadRequest.rangeLength) {
        self.size = size
        self.rangeLength = rangeLength
    }

    package mutating func begin() -> Action { open(because: Self.misused) }

    package mutating func handle(_ event: UploadEvent, at now: Timestamp) -> Action {
        switch (state, event) {
        case (.opening, .sessionCreated(let session)): send(session, from: session.next, at: now)
        case (.opening, .broken(let refusal)): interrupted(refusal) ?? open(because: refusal)
        case (.opening, .gone(let refusal)), (.opening, .misplaced(let refusal)): giveUp(refusal)

        case (.sending(let session, let range), .accepted(let next)): goOn(session, range, next, at: now)
        case (.sending(_, let range), .completed): range.upperBound == size ? finish() : giveUp(Self.misused)
        case (.sending(let session, let range), .broken(let refusal)): broke(session, range, refusal)
        case (.sending(let session, _), .misplaced(let refusal)): interrupted(refusal) ?? ask(session)
        case (.sending, .gone(let refusal)): reopen(because: refusal)

        case (.asking(let session), .accepted(let next)):
            next < size ? send(session, from: next, at: now) : giveUp(Self.unsure)
        case (.asking(let session), .broken(let refusal)): interrupted(refusal) ?? ask(session)
        case (.asking, .gone(let refusal)): reopen(because: refusal)

        case (_, .refused(let outcome)): giveUp(outcome)
        case (.opening, .accepted), (.opening, .completed), (.sending, .sessionCreated), (.asking, .sessionCreated),
            (.asking, .completed), (.asking, .misplaced), (.fresh, _), (.done, _), (.failed, _):
            giveUp(Self.misused)
        }
    }

    // MARK: Steps

    private mutating func open(because refusal: Refusal) -> Action {
        guard sessions < Self.mostSessions else { return giveUp(refusal) }
        sessions += 1
        state = .opening
        return .createSession
    }

    /// Where the attachment may be on the draft already, another session might bring it a second time.
    private mutating func reopen(because refusal: Refusal) -> Action {
        mayBeComplete ? giveUp(Self.unsure) : open(because: refusal)
    }

    private mutating func broke(_ session: UploadSession, _ range: Range<Int>, _ refusal: Refusal) -> Action {
        mayBeComplete = mayBeComplete || range.upperBound == size
        return interrupted(refusal) ?? ask(session)
    }

    private mutating func send(_ session: UploadSession, from next: Int, at now: Timestamp) -> Action {
        if let expires = session.expires, expires <= now + Self.margin { return reopen(because: Self.expired) }
        guard 0..<size ~= next else { return giveUp(Self.misused) }
        let range = next..<min(next + rangeLength, size)
        state = .sending(session, range)
        return .put(session, range)
    }

    private mutating func goOn(_ session: UploadSession, _ range: Range<Int>, _ next: Int, at now: Timestamp) -> Action
    {
        if next > range.lowerBound {
            interruptions = 0
        } else if let end = interrupted(Self.stuck) {
            return end
        }
        return send(session, from: next, at: now)
    }

    private mutating func ask(_ session: UploadSession) -> Action {
        state = .asking(session)
        // At once, and then after 1, 2, 4 seconds.
        return .ask(session, after: .seconds(interruptions < 2 ? 0 : 1 << (interruptions - 2)))
    }

    /// `nil` while it is worth another try.
    private mutating func interrupted(_ refusal: Refusal) -> Action? {
        interruptions += 1
        return interruptions < Self.mostInterruptions ? nil : giveUp(refusal)
    }

    private mutating func finish() -> Action {
        state = .done
        return .finish
    }

    private mutating func giveUp(_ refusal: Refusal) -> Action { giveUp(.deferred(refusal, retryAfter: nil)) }

    private mutating func giveUp(_ outcome: Outcome) -> Action {
        state = .failed
        return .giveUp(outcome)
    }

    private static let misused = refusal(.malfunction, "its answers are out of order")
    private static let unsure = refusal(.unavailable, "whether the last range arrived cannot be learned")
    private static let stuck = refusal(.unavailable, "it goes on asking for the same range")
    private static let expired = refusal(.unavailable, "its sessions expire before they are done")

    private static func refusal(_ cause: Refusal.Cause, _ text: String) -> Refusal {
        Refusal(scope: .message, cause: cause, text: "The upload of an attachment was given up: \(text)")
    }
}
