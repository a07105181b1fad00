// From what came back for the creation of a draft to what is known of it ("Create message": 201 with the message). A draft
// that is lost sight of is no mail that was sent: nothing here is ever an unknown outcome.

package import MailModel

package enum DraftCreation: Hashable, Sendable {
    case created(id: String)
    /// Nothing was sent, but a draft may have been left.
    case lost(Refusal, retryAfter: Duration?)
    /// Nothing was left: `deferred` or `rejected`.
    case refused(Outcome)

    package static func read(_ reply: Result<WireResponse, WireFailure>, now: Timestamp) -> DraftCreation {
        if case .success(let response) = reply, response.status == 201,
            let id = JSONValue(response.body)?["id"]?.string,
            !id.isEmpty
        {
            return .created(id: id)
        }
        switch GraphAnswer.read(reply, now: now) {
        case .unauthenticated(let refusal): return .refused(.deferred(refusal, retryAfter: nil))
        case .outcome(.unknown(let refusal)): return .lost(refusal, retryAfter: nil)
        case .outcome(.accepted(let receipt)):
            return .lost(
                Refusal(
                    scope: .message, cause: .malfunction, status: receipt.status,
                    text: "a draft was asked for, and the answer names none", requestID: receipt.requestID),
                retryAfter: nil)
        case .outcome(let outcome): return .refused(outcome)
        }
    }
}

extension GraphAnswer {
    package static func read(_ reply: Result<WireResponse, WireFailure>, now: Timestamp) -> GraphAnswer {
        switch reply {
        case .success(let response): read(response, now: now)
        case .failure(let failure): read(failure, now: now)
        }
    }

    /// A question that failed is asked again later, whatever it failed for: it changes nothing, and what it would have
    /// told is not known. Where only the permission is missing, the mailbox can send all the same.
    ///
    /// - Returns: a `deferred` outcome.
    static func putOff(_ reply: Result<WireResponse, WireFailure>, now: Timestamp) -> Outcome {
        var (refusal, wait): (Refusal, Duration?) =
            switch read(reply, now: now) {
            case .unauthenticated(let refusal), .outcome(.rejected(let refusal)), .outcome(.unknown(let refusal)):
                (refusal, nil)
            case .outcome(.deferred(let refusal, let wait)): (refusal, wait)
            case .outcome(.accepted(let receipt)):
                (Self.unexpected(receipt.status, requestID: receipt.requestID), nil)
            }
        if case .success(let response) = reply, 200..<300 ~= response.status {
            refusal = unexpected(response.status, requestID: refusal.requestID)
        }
        if refusal.cause == .unauthorized, refusal.status == 403 { refusal.scope = .message }
        if refusal.cause == .rejected || refusal.cause == .tooLarge { refusal.cause = .malfunction }
        return .deferred(refusal, retryAfter: wait)
    }

    private static func unexpected(_ status: Int, requestID: String?) -> Refusal {
        Refusal(
            scope: .message, cause: .malfunction, status: status,
            text: "the answer to a look into the mailbox cannot be read",
            requestID: requestID)
    }
}
