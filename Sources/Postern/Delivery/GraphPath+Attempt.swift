import DeliveryPolicy
import EmailLog
import GraphProtocol
import MIME
import MailModel

/// Carries out what `GraphAttempt` decides.
extension GraphPath {
    func attempt(_ message: QueuedMessage, _ form: GraphForm, _ memory: AttemptMemory) async -> Delivery {
        switch await tokens.token() {
        case .failure(let unavailable): return Delivery(unavailable)
        case .success(let held):
            var course = Course(path: self, message: message, form: form, memory: memory, held)
            return await course.run(GraphAttempt(facts(of: message, form)))
        }
    }

    /// What goes as a draft by its form is looked at before it is sent again, whatever the mode; only one that was whole is
    /// ever remembered by its id.
    private func facts(of message: QueuedMessage, _ form: GraphForm) -> GraphAttempt.Facts {
        let doubt = message.unresolved.flatMap { $0.path == .graph ? $0.finishedDate : nil }
        let isDraft = if case .draft = form { true } else { false }
        return GraphAttempt.Facts(
            mode: isDraft ? .draft : lostAnswers.mode, draft: message.draft,
            doubt: doubt.map { $0 + lostAnswers.grace - clocks.now() },
            holdsUnclear: lostAnswers.onUnknown == .hold, adopts: !isDraft)
    }

    func search(for message: QueuedMessage) -> MessageSearch {
        MessageSearch(
            messageID: MissingFields.values(for: message, host: hostname).messageID, marker: message.id.rawValue,
            needsMarker: message.isPart)
    }
}

/// One attempt under way, and what it has taken of the limits.
struct Course: Sendable {
    private let path: GraphPath
    private let message: QueuedMessage
    private let form: GraphForm
    private let memory: AttemptMemory
    var dialogue: GraphDialogue
    private(set) var isSubmitted = false
    /// Octets, as they would be before base 64.
    private(set) var uploaded = 0
    /// How the message went, where that is worth a word.
    private var note: String?

    init(
        path: GraphPath, message: QueuedMessage, form: GraphForm, memory: AttemptMemory, _ held: HeldToken
    ) {
        (self.path, self.message, self.form, self.memory) = (path, message, form, memory)
        dialogue = GraphDialogue(path, mailbox: message.mailbox, held)
    }

    mutating func run(_ attempt: GraphAttempt) async -> Delivery {
        var attempt = attempt
        var action = attempt.begin()
        while true {
            if case .end(let ending) = action { return Delivery(ending, cost: cost, note: note) }
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
            return await create().map { .created($0) }
        case .keep(let id): return .success(.kept(await keep(id)))
        case .sendDraft(let id):
            let answer = await dialogue.perform(.sendDraft(id: id))
            return submit(answer).map { .answered(Outcome($0, now: now())) }
        case .sendMail:
            guard case .mime(let outgoing) = form else {
                return .success(.answered(.deferred(Self.notInOne, retryAfter: nil)))
            }
            let answer = await upload(.sendMail(messageLength: outgoing.size), outgoing)
            return submit(answer).map { .answered(Outcome($0, now: now())) }
        case .end(let ending): return .success(.answered(ending.outcome))
        }
    }

    private static let notInOne = Refusal(
        scope: .message, cause: .malfunction, text: "The message goes as a draft only, and was to go in one request.")

    /// Makes the draft, in the message's form.
    mutating func create() async -> Result<DraftCreation, TokenSource.Unavailable> {
        switch form {
        case .mime(let outgoing):
            return await upload(.createDraft(messageLength: outgoing.size), outgoing)
                .map { DraftCreation.read($0, now: path.clocks.now()) }
        case .draft(let draft):
            var assembly = DraftAssembly(
                draft, UploadAllowance(size: Int64(message.size)), clocks: path.clocks)
            let creation = await assembly.run(&dialogue)
            // As the limits reckon: base 64 makes four of three.
            uploaded += (assembly.octets * 3 + 3) / 4
            note = draft.note(uploads: assembly.uploads)
            return creation
        }
    }

    /// Writes the draft's id down; false where that failed.
    func keep(_ id: String) async -> Bool {
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

    private mutating func upload(_ call: MailboxRequest.Call, _ outgoing: OutgoingMessage) async -> Answer {
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
    fileprivate init(_ ending: GraphAttempt.Ending, cost: AttemptRecord.Cost?, note: String?) {
        self.init(ending.outcome, isAttempt: true, cost: cost)
        (draft, isHeld, self.note) = (ending.draft, ending.isHeld, ending.note ?? note)
    }
}
