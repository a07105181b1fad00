import EmailLog
import GraphProtocol
import MailModel

/// Takes drafts away that nobody will send.
protocol DraftSweeper: Sendable {
    /// The most requests for one draft, but for those of several in the place of one.
    static var requestsPerDraft: Int { get }
    func sweep(_ leftover: LeftoverDraft) async -> SweptDraft
}

struct SweptDraft: Hashable, Sendable {
    enum State: Hashable, Sendable {
        /// It is not in Drafts (any more).
        case gone
        /// To be tried again, never before `retryAfter`.
        case failed(Refusal, retryAfter: Duration?)
    }

    var state: State
    /// That something of may have reached Microsoft.
    var requests: Int
}

extension GraphPath: DraftSweeper {
    static let requestsPerDraft = 3

    func sweep(_ leftover: LeftoverDraft) async -> SweptDraft {
        switch await tokens.token() {
        case .failure(let unavailable): return SweptDraft(state: .init(unavailable), requests: 0)
        case .success(let held):
            var dialogue = GraphDialogue(self, mailbox: leftover.lane.mailbox, held)
            let state =
                switch leftover.draft {
                case .named(let id): await remove(id, &dialogue)
                case .somewhere: await removeAll(of: leftover, &dialogue)
                }
            return SweptDraft(state: state, requests: dialogue.requests)
        }
    }

    private func removeAll(of leftover: LeftoverDraft, _ dialogue: inout GraphDialogue) async -> SweptDraft.State {
        let own = MissingFields.messageID(for: leftover.message, host: hostname)
        let search = MessageSearch(messageID: leftover.messageID ?? own, marker: leftover.message.rawValue)
        switch await dialogue.perform(.search(messageID: search.messageID)) {
        case .failure(let unavailable): return .init(unavailable)
        case .success(let reply):
            switch search.drafts(in: reply, now: clocks.now()) {
            case .failure(let putOff): return .init(putOff.outcome)
            case .success(let ids):
                for id in ids {
                    let state = await remove(id, &dialogue)
                    guard state == .gone else { return state }
                }
                return .gone
            }
        }
    }

    /// Looks first: the immutable id of a draft that was sent is that of its copy in Sent Items, which stays.
    private func remove(_ id: String, _ dialogue: inout GraphDialogue) async -> SweptDraft.State {
        switch await dialogue.perform(.look(id: id)) {
        case .failure(let unavailable): return .init(unavailable)
        case .success(let reply):
            switch DraftLook.read(reply, now: clocks.now()) {
            case .sent, .absent: return .gone
            case .failed(let outcome): return .init(outcome)
            case .draft: return await delete(id, &dialogue)
            }
        }
    }

    func delete(_ id: String, _ dialogue: inout GraphDialogue) async -> SweptDraft.State {
        switch await dialogue.perform(.deleteDraft(id: id)) {
        case .failure(let unavailable): return .init(unavailable)
        case .success(let reply):
            switch DraftDeletion.read(reply, now: clocks.now()) {
            case .gone: return .gone
            case .failed(let outcome): return .init(outcome)
            }
        }
    }
}

extension SweptDraft.State {
    fileprivate init(_ unavailable: TokenSource.Unavailable) {
        self = .failed(unavailable.failure.refusal, retryAfter: unavailable.failure.retryAfter)
    }

    /// A question that was put off.
    fileprivate init(_ outcome: Outcome) {
        if case .deferred(let refusal, let wait) = outcome {
            self = .failed(refusal, retryAfter: wait)
        } else {
            self = .gone
        }
    }
}
