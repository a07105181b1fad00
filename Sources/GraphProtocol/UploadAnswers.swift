// From what came back while an attachment is brought to a draft to the event it is for its upload ("attachment:
// createUploadSession": 201; a range: 200 with what is expected next, the last 201; "Attach large files to Outlook messages").
// Nothing of this submits a message, so no outcome here is ever unknown.

package import MailModel

package enum UploadEvent: Hashable, Sendable {
    case sessionCreated(UploadSession)
    /// The first octet that is missing.
    case accepted(next: Int)
    /// The attachment is on the draft.
    case completed
    /// No answer that says how far it came.
    case broken(Refusal)
    /// The session wants another range than it was given.
    case misplaced(Refusal)
    /// The session, or its draft, is not there any more.
    case gone(Refusal)
    /// `deferred` or `rejected`: of no use to go on.
    case refused(Outcome)

    /// The answer to `createUploadSession`.
    package init(creation reply: Result<WireResponse, WireFailure>, now: Timestamp) {
        if case .success(let response) = reply, 200...201 ~= response.status,
            let session = UploadSession(response.body)
        {
            self = .sessionCreated(session)
        } else {
            self.init(failure: reply, now: now)
        }
    }

    /// The answer to a range.
    package init(put reply: Result<WireResponse, WireFailure>, isLast: Bool, now: Timestamp) {
        guard case .success(let response) = reply, 200...201 ~= response.status else {
            self.init(atSession: reply, now: now)
            return
        }
        let next = JSONValue(response.body).flatMap(UploadSession.nextExpected)
        switch (response.status, next) {
        case (201, _): self = .completed
        case (_, let next?): self = .accepted(next: next)
        case (_, nil): self = isLast ? .completed : .broken(Self.unclear(response))
        }
    }

    /// The answer to a question. That Outlook's sessions answer it is not documented: one that does not is as good as gone.
    package init(progress reply: Result<WireResponse, WireFailure>, now: Timestamp) {
        guard case .success(let response) = reply, 200..<500 ~= response.status, response.status != 429 else {
            self.init(atSession: reply, now: now)
            return
        }
        if response.status == 200, let next = JSONValue(response.body).flatMap(UploadSession.nextExpected) {
            self = .accepted(next: next)
        } else {
            self = .gone(Self.unclear(response))
        }
    }

    /// A session is on a host of its own, and is its own credential: what fails there says nothing about the route.
    private init(atSession reply: Result<WireResponse, WireFailure>, now: Timestamp) {
        if case .success(let response) = reply, [401, 404, 410].contains(response.status) {
            self = .gone(Self.unclear(response))
        } else {
            self = UploadEvent(failure: reply, now: now).narrowed
        }
    }

    private init(failure reply: Result<WireResponse, WireFailure>, now: Timestamp) {
        if case .success(let response) = reply, response.status == 404 || response.status == 410,
            GraphError(response.body).code == "ErrorItemNotFound"
        {
            self = .gone(Self.unclear(response))
            return
        }
        if case .success(let response) = reply, [409, 412, 416].contains(response.status) {
            self = .misplaced(Self.unclear(response))
            return
        }
        switch GraphAnswer.read(reply, now: now) {
        case .unauthenticated(let refusal): self = .refused(.deferred(refusal, retryAfter: nil))
        case .outcome(.unknown(let refusal)): self = .broken(refusal)
        case .outcome(.accepted(let receipt)): self = .broken(Self.unclear(WireResponse(status: receipt.status)))
        case .outcome(.deferred(let refusal, nil)) where refusal.cause == .unavailable && refusal.scope != .mailbox:
            self = .broken(refusal)
        case .outcome(let outcome): self = .refused(outcome)
        }
    }

    private var narrowed: UploadEvent {
        func narrow(_ refusal: Refusal) -> Refusal {
            var narrow = refusal
            if refusal.scope == .route { narrow.scope = .message }
            return narrow
        }
        return switch self {
        case .broken(let refusal): .broken(narrow(refusal))
        case .refused(.deferred(let refusal, let wait)): .refused(.deferred(narrow(refusal), retryAfter: wait))
        case .sessionCreated, .accepted, .completed, .misplaced, .gone, .refused: self
        }
    }

    /// With the far side's words where it has any.
    private static func unclear(_ response: WireResponse) -> Refusal {
        let error = GraphError(response.body)
        let words = error.message.isEmpty ? "HTTP \(response.status)" : error.message
        return Refusal(
            scope: .message, cause: .unavailable, status: response.status, code: error.code,
            text: "an upload session answered: \(words)")
    }
}

/// What came of adding an attachment to a draft in one request ("Add attachment": 201).
package enum AttachmentAnswer: Hashable, Sendable {
    case attached
    /// `deferred` or `rejected`. Whether it was attached need not be known: the draft is not sent.
    case failed(Outcome)

    package static func read(_ reply: Result<WireResponse, WireFailure>, now: Timestamp) -> AttachmentAnswer {
        if case .success(let response) = reply, response.status == 201 { return .attached }
        switch GraphAnswer.read(reply, now: now) {
        case .outcome(.rejected(let refusal)): return .failed(.rejected(refusal))
        case .outcome(.deferred(let refusal, let wait)): return .failed(.deferred(refusal, retryAfter: wait))
        case .unauthenticated(let refusal), .outcome(.unknown(let refusal)):
            return .failed(.deferred(refusal, retryAfter: nil))
        case .outcome(.accepted(let receipt)):
            let text = "an attachment was added, and the answer was HTTP \(receipt.status)"
            let refusal = Refusal(scope: .message, cause: .malfunction, status: receipt.status, text: text)
            return .failed(.deferred(refusal, retryAfter: nil))
        }
    }
}
