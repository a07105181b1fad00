/// What came of one attempt to deliver a message: a value, never an error, because a refusal is the far side's normal word.
package enum Outcome: Hashable, Sendable {
    /// Microsoft took the message: Graph's 202, SMTP's 250 after the final dot.
    case accepted(Receipt)
    /// Nothing was submitted, and it may be tried again; never before `retryAfter`, where the far side named one.
    case deferred(Refusal, retryAfter: Duration?)
    /// Refused for good.
    case rejected(Refusal)
    /// The message was handed over, and no clear answer came back: it may or may not have been sent.
    case unknown(Refusal)

    /// The word in `email_attempt.outcome`: `accepted`, `deferred`, `throttled`, `rejected` or `unknown`.
    package var word: String {
        switch self {
        case .accepted: "accepted"
        case .deferred(let refusal, _): refusal.cause == .throttled ? "throttled" : "deferred"
        case .rejected: "rejected"
        case .unknown: "unknown"
        }
    }

    package var refusal: Refusal? {
        switch self {
        case .accepted: nil
        case .deferred(let refusal, _), .rejected(let refusal), .unknown(let refusal): refusal
        }
    }
}

/// What the far side gave for an accepted message.
package struct Receipt: Hashable, Sendable {
    /// 202 from Graph, 250 from SMTP.
    package var status: Int
    /// Graph's `request-id`, or the id in the SMTP server's 250.
    package var requestID: String?
    package var text: String

    package init(status: Int, requestID: String? = nil, text: String = "") {
        self.status = status
        self.requestID = requestID
        self.text = text
    }
}

/// Why a message did not get through, and for whom that answer speaks.
package struct Refusal: Hashable, Sendable {
    /// Decides who waits: a row, the lane of a mailbox, or a whole route.
    package enum Scope: String, Hashable, Sendable, CaseIterable {
        case recipient, message, mailbox, route
    }

    package enum Cause: String, Hashable, Sendable, CaseIterable {
        /// The far side's final word about this message or recipient.
        case rejected
        /// Larger than this form of request carries; another form or path may.
        case tooLarge
        /// A header asks for what the path cannot express.
        case unrepresentable
        /// A rate or concurrency limit: wait and go on.
        case throttled
        /// A daily quota: wait for hours.
        case quota
        /// A fault of the service or the network.
        case unavailable
        /// Credentials or permissions, which only an operator can mend.
        case unauthorized
        /// Anything else that only an operator can mend: a full mailbox, an unknown mailbox, a disabled protocol.
        case misconfigured
        /// A defect of our own.
        case malfunction
    }

    package var scope: Scope
    package var cause: Cause
    /// The HTTP status, or the SMTP reply code (`432`); `nil` where no answer came.
    package var status: Int?
    /// Graph's `error.code`, an AADSTS number, or the SMTP enhanced status code (`4.3.2`).
    package var code: String?
    /// The far side's own words, or a sentence that says what failed and where. Never holds a secret.
    package var text: String
    package var requestID: String?

    package init(
        scope: Scope, cause: Cause, status: Int? = nil, code: String? = nil, text: String, requestID: String? = nil
    ) {
        self.scope = scope
        self.cause = cause
        self.status = status
        self.code = code
        self.text = text
        self.requestID = requestID
    }
}
