import DeliveryPolicy
import EmailLog
import GraphProtocol
import MIME
import MailModel

/// Carries out what `GraphAttempt` decides.
extension GraphPath {
    func attempt(_ message: QueuedMessage, _ outgoing: OutgoingMessage, _ memory: AttemptMemory) async -> Delivery {
        switch await tokens.token() {
        case .failure(let unavailable): return Delivery(unavailable)
        case .success(let held):
            var course = Course(path: self, message: message, outgoing: outgoing, memory: memory, held)
            return await course.run(GraphAttempt(facts(of: message)))
        }
    }

    private func facts(of message: QueuedMessage) -> GraphAttempt.Facts {
        let doubt = message.unresolved.flatMap { $0.path == .graph ? $0.finishedDate : nil }
        return GraphAttempt.Facts(
            mode: lostAnswers.mode, draft: message.draft, doubt: doubt.map { $0 + lostAnswers.grace - clocks.now() },
            holdsUnclear: lostAnswers.onUnknown == .hold)
    }

    func search(for message: QueuedMessage) -> MessageSearch {
        MessageSearch(
            messageID: MissingFields.values(for: message, host: hostname).messageID, marker: message.id.rawValue,
            needsMarker: message.isPart)
    }
}

/// One attempt under way, and what it has taken of the limits.
private struct Course: Sendable {
    let path: GraphPath
    let message: QueuedMessage
    let outgoing: OutgoingMessage
    let memory: AttemptMemory
    var dialogue: GraphDialogue
    var isSubmitted = false
    var uploaded = 0

    init(
        path: GraphPath, message: QueuedMessage, outgoing: OutgoingMessage, memory: AttemptMemory, _ held: HeldToken
    ) {
        (self.path, self.message, self.outgoing, self.memory) = (path, message, outgoing, memory)
        dialogue = GraphDialogue(path, mailbox: message.mailbox, held)
    }

    mutating func run(_ attempt: GraphAttempt) async -> Delivery {
        var attempt = attempt
        var action = attempt.begin()
        while true {
            if case .end(let ending) = action { return Delivery(ending, cost: cost) }
            switch await perform(action) {
            case .success(let event): action = attempt.handle(event)
            case .failure(let unavailable):
                var delivery = Delivery(unavailable)
                delivery.cost = cost
                return delivery
            }
        }
    }

    /// - Parameter action: any but the end.
    private mutating func perform(
        _ action: GraphAttempt.Action
    ) async -> Result<GraphAttempt.Event, TokenSource.Unavailable> {
        let now = path.clocks.now
        switch action {
        case .look(let id):
            return await dialogue.perform(.look(id: id)).map { .looked(DraftLook.read($0, now: now())) }
        case .search:
            let search = path.search(for: message)
            return await dialogue.perform(.search(messageID: search.messageID))
                .map { .searched(search.finding(in: $0, now: now())) }
        case .createDraft:
            return await upload(.createDraft(messageLength: outgoing.size))
                .map { .created(DraftCreation.read($0, now: now())) }
        case .keep(let id): return .success(.kept(await keep(id)))
        case .sendDraft(let id):
            let answer = await dialogue.perform(.sendDraft(id: id))
            return submit(answer).map { .answered(Outcome($0, now: now())) }
        case .sendMail:
            let answer = await upload(.sendMail(messageLength: outgoing.size))
            return submit(answer).map { .answered(Outcome($0, now: now())) }
        case .end(let ending): return .success(.answered(ending.outcome))
        }
    }

    private func keep(_ id: String) async -> Bool {
        CrashPoint.reach(.draftMade)
        do throws(EmailLogError) {
            try await memory.keepDraft(id)
            CrashPoint.reach(.draftKept)
            return true
        } catch {
            return false
        }
    }

    // MARK: What it costs

    private typealias Answer = Result<GraphDialogue.Reply, TokenSource.Unavailable>

    private mutating func upload(_ call: MailboxRequest.Call) async -> Answer {
        let outgoing = outgoing
        let before = dialogue.requests
        let answer = await dialogue.perform(call) { outgoing.base64() }
        uploaded += outgoing.size * (dialogue.requests - before)
        return answer
    }

    private mutating func submit(_ answer: Answer) -> Answer {
        if case .success(let reply) = answer, reply.hasReached { isSubmitted = true }
        return answer
    }

    private var cost: AttemptRecord.Cost? {
        guard dialogue.requests > 0 else { return nil }
        return AttemptRecord.Cost(
            requests: dialogue.requests, recipients: isSubmitted ? message.envelope.recipients.count : 0,
            bytes: uploaded)
    }
}

extension Outcome {
    /// To what sends. A token that was refused twice is the route's trouble.
    fileprivate init(_ reply: GraphDialogue.Reply, now: Timestamp) {
        switch GraphAnswer.read(reply, now: now) {
        case .outcome(let outcome): self = outcome
        case .unauthenticated(let refusal): self = .deferred(refusal, retryAfter: nil)
        }
    }
}

extension Delivery {
    fileprivate init(_ ending: GraphAttempt.Ending, cost: AttemptRecord.Cost?) {
        self.init(ending.outcome, isAttempt: true, cost: cost)
        (draft, isHeld, note) = (ending.draft, ending.isHeld, ending.note)
    }
}
