// From what came back for a look at a draft by its immutable id to where it is ("Get message"; "Obtain immutable identifiers
// for Outlook resources": the id goes on to the copy in Sent Items, which is made once the message was really sent, so for a
// while there may be neither).

package import MailModel

package enum DraftLook: Hashable, Sendable {
    /// It has not been sent yet.
    case draft
    case sent
    /// On its way between the two, or deleted.
    case absent
    /// Nothing was learned: a `deferred` outcome.
    case failed(Outcome)

    package static func read(_ reply: Result<WireResponse, WireFailure>, now: Timestamp) -> DraftLook {
        guard case .success(let response) = reply else { return .failed(GraphAnswer.putOff(reply, now: now)) }
        if response.status == 200, let isDraft = JSONValue(response.body)?["isDraft"]?.bool {
            return isDraft ? .draft : .sent
        }
        return response.isItemNotFound ? .absent : .failed(GraphAnswer.putOff(reply, now: now))
    }
}

/// What came of deleting a draft ("Delete message": 204).
package enum DraftDeletion: Hashable, Sendable {
    /// By us or by somebody before.
    case gone
    case failed(Outcome)

    package static func read(_ reply: Result<WireResponse, WireFailure>, now: Timestamp) -> DraftDeletion {
        if case .success(let response) = reply, response.status == 204 || response.isItemNotFound { return .gone }
        return .failed(GraphAnswer.putOff(reply, now: now))
    }
}

extension WireResponse {
    /// The item is not there; a 404 for the mailbox has other codes.
    fileprivate var isItemNotFound: Bool { status == 404 && GraphError(body).code == "ErrorItemNotFound" }
}
