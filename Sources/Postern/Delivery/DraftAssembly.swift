import DeliveryPolicy
import EmailLog
import GraphProtocol
import MailModel

/// Puts a draft together: its resource first, then each attachment, in place or by an upload session of its own. It is
/// created only when it is whole; what came of anything else is taken away again, or said to be lost.
struct DraftAssembly: Sendable {
    private let draft: DraftMessage
    private let clocks: Clocks
    private var allowance: UploadAllowance
    /// Of request bodies, resent ones included.
    private(set) var octets = 0
    /// Attachments that took sessions.
    private(set) var uploads = 0

    init(_ draft: DraftMessage, _ allowance: UploadAllowance, clocks: Clocks) {
        (self.draft, self.allowance, self.clocks) = (draft, allowance, clocks)
    }

    mutating func run(_ dialogue: inout GraphDialogue) async -> Result<DraftCreation, TokenSource.Unavailable> {
        guard take(draft.resource.count) else { return .success(.refused(Self.tooMuch)) }
        let creation: DraftCreation
        switch await dialogue.perform(.createDraftFromJSON(draft.resource)) {
        case .failure(let unavailable): return .failure(unavailable)
        case .success(let reply): creation = DraftCreation.read(reply, now: clocks.now()).withoutPermission
        }
        guard case .created(let id) = creation else { return .success(creation) }
        for attachment in draft.attachments {
            if let failure = await attach(attachment, to: id, &dialogue) {
                return .success(await discard(id, failure, &dialogue))
            }
        }
        return .success(creation)
    }

    // MARK: One attachment

    /// - Returns: `nil` once it is on the draft.
    private mutating func attach(
        _ attachment: DraftMessage.Attachment, to id: String, _ dialogue: inout GraphDialogue
    ) async -> Outcome? {
        guard attachment.file.needsSession else {
            let failure = await attachInPlace(attachment, to: id, &dialogue)
            let mayFit = attachment.file.size >= FileAttachment.doubtful && failure?.refusal?.cause == .tooLarge
            return mayFit ? await upload(attachment, to: id, &dialogue) : failure
        }
        let failure = await upload(attachment, to: id, &dialogue)
        // Where the smallest upload is a little larger than we think, one request carries it.
        guard let failure, failure.refusal?.code == FileAttachment.tooSmallForSession else { return failure }
        return await attachInPlace(attachment, to: id, &dialogue)
    }

    private mutating func attachInPlace(
        _ attachment: DraftMessage.Attachment, to id: String, _ dialogue: inout GraphDialogue
    ) async -> Outcome? {
        let json: [UInt8]
        do {
            var reader = ContentReader(attachment.content, of: draft.body)
            json = attachment.file.json(content: try reader.readAll())
        } catch {
            return Self.unreadable(attachment)
        }
        guard take(json.count) else { return Self.tooMuch }
        CrashPoint.reach(.bytesLeaving)
        switch await dialogue.perform(.attach(id: id, json)) {
        case .failure(let unavailable): return Outcome(unavailable)
        case .success(let reply):
            switch AttachmentAnswer.read(reply, now: clocks.now()) {
            case .attached: return nil
            case .failed(let outcome): return outcome
            }
        }
    }

    private mutating func upload(
        _ attachment: DraftMessage.Attachment, to id: String, _ dialogue: inout GraphDialogue
    ) async -> Outcome? {
        uploads += 1
        var course = UploadState(size: attachment.file.size)
        var reader = ContentReader(attachment.content, of: draft.body)
        var action = course.begin()
        while true {
            let event: UploadEvent
            switch action {
            case .createSession: event = await createSession(attachment.file, id, &dialogue)
            case .put(let session, let range):
                guard let reached = reach(range.lowerBound, from: reader, attachment) else {
                    return Self.unreadable(attachment)
                }
                reader = reached
                event = await put(range, of: attachment.file.size, reader, to: session, &dialogue)
            case .ask(let session, let pause):
                try? await clocks.sleep(pause)
                event = await ask(session, &dialogue)
            case .finish: return nil
            case .giveUp(let outcome): return outcome
            }
            action = course.handle(event, at: clocks.now())
        }
    }

    private mutating func createSession(
        _ file: FileAttachment, _ id: String, _ dialogue: inout GraphDialogue
    ) async -> UploadEvent {
        let json = file.sessionJSON
        guard take(json.count) else { return .refused(Self.tooMuch) }
        switch await dialogue.perform(.createUploadSession(id: id, json)) {
        case .failure(let unavailable): return .refused(Outcome(unavailable))
        case .success(let reply): return UploadEvent(creation: reply, now: clocks.now())
        }
    }

    private mutating func put(
        _ range: Range<Int>, of size: Int, _ reader: ContentReader, to session: UploadSession,
        _ dialogue: inout GraphDialogue
    ) async -> UploadEvent {
        guard take(range.count) else { return .refused(Self.tooMuch) }
        let reply = await dialogue.perform(UploadRequest.put(range, of: size, to: session)) {
            reader.stream(range.count)
        }
        return UploadEvent(put: reply, isLast: range.upperBound == size, now: clocks.now())
    }

    private mutating func ask(_ session: UploadSession, _ dialogue: inout GraphDialogue) async -> UploadEvent {
        guard take(0) else { return .refused(Self.tooMuch) }
        return UploadEvent(progress: await dialogue.perform(UploadRequest.ask(session)), now: clocks.now())
    }

    /// A reader at that octet: the same one further on, or a new one where the session begins again.
    private func reach(
        _ position: Int, from reader: ContentReader, _ attachment: DraftMessage.Attachment
    ) -> ContentReader? {
        var reader =
            position < reader.position ? ContentReader(attachment.content, of: draft.body) : reader
        do { try reader.skip(to: position) } catch { return nil }
        return reader
    }

    // MARK: What is not finished

    /// Never during a pause that Microsoft has asked for: then it is left for later.
    private mutating func discard(
        _ id: String, _ outcome: Outcome, _ dialogue: inout GraphDialogue
    ) async -> DraftCreation {
        let refusal = outcome.refusal ?? Self.malfunction("nothing was refused")
        var wait: Duration?
        if case .deferred(_, let pause) = outcome { wait = pause }
        guard wait == nil, refusal.scope == .message,
            case .success(let reply) = await dialogue.perform(.deleteDraft(id: id)),
            case .gone = DraftDeletion.read(reply, now: clocks.now())
        else { return .lost(refusal, retryAfter: wait) }
        return .refused(outcome)
    }

    private mutating func take(_ count: Int) -> Bool {
        guard allowance.take(octets: count) else { return false }
        octets += count
        return true
    }

    private static let tooMuch = Outcome.deferred(
        Refusal(
            scope: .message, cause: .unavailable,
            text:
                "Too much of the draft had to be sent again: it would have taken more of the mailbox's limits than was "
                + "set aside for it."), retryAfter: nil)

    private static func unreadable(_ attachment: DraftMessage.Attachment) -> Outcome {
        .deferred(malfunction("the attachment \(attachment.file.name) cannot be read from the store"), retryAfter: nil)
    }

    private static func malfunction(_ text: String) -> Refusal {
        Refusal(scope: .message, cause: .malfunction, text: "The draft could not be put together: \(text).")
    }
}

extension DraftCreation {
    /// Most mail of the mailbox needs no drafts: where they are not permitted, only what needs one waits.
    fileprivate var withoutPermission: DraftCreation {
        guard case .refused(.deferred(var refusal, let wait)) = self, refusal.status == 403 else { return self }
        refusal.scope = .message
        refusal.text =
            "A message of this size goes as a draft, which needs Mail.ReadWrite beside Mail.Send: \(refusal.text)"
        return .refused(.deferred(refusal, retryAfter: wait))
    }
}

extension Outcome {
    init(_ unavailable: TokenSource.Unavailable) {
        self = .deferred(unavailable.failure.refusal, retryAfter: unavailable.failure.retryAfter)
    }
}
