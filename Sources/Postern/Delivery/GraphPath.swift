import DeliveryPolicy
import EmailLog
import GraphProtocol
import MIME
import MailModel

/// Delivery through Microsoft Graph: the MIME message, streamed from the store, by `sendMail` or as a draft that is sent; a
/// large one as a draft that its attachments are brought to.
struct GraphPath: DeliveryPath {
    let application: Application
    let tokens: TokenSource
    let wire: Wire
    let policy: SendPlan.Policy
    let hostname: String
    let clocks: Clocks
    var lostAnswers = LostAnswers()

    func deliver(_ message: QueuedMessage, body: MessageBody, memory: AttemptMemory) async -> Delivery {
        switch prepare(message, body) {
        case .failure(let problem): problem.delivery
        case .success(let outgoing): await attempt(message, outgoing, memory)
        }
    }

    func takeOver(from old: any DeliveryPath) async {
        if let old = old as? GraphPath { await tokens.takeOver(from: old.tokens) }
    }

    // MARK: What is sent

    struct Unsendable: Error {
        let delivery: Delivery
    }

    /// Writes the header that says to Graph what the envelope says, and chooses the form of the request.
    func prepare(_ message: QueuedMessage, _ body: MessageBody) -> Result<GraphForm, Unsendable> {
        do throws(EmailLogError) {
            let policy = policy.holding(isPart: message.isPart, via: message.via)
            var facts = SendPlan.Message(
                size: Int64(body.size), recipients: message.envelope.recipients.count)
            // What is too large anyway is not read: its header alone might fill the memory.
            if let unsendable = unsendable(SendPlan(for: facts, policy)) { return .failure(unsendable) }
            let block = try HeaderReader.header(of: body)
            if let refusal = HeaderReader.refusal(of: block, in: body) {
                return .failure(Unsendable(delivery: Delivery(.rejected(refusal), isAttempt: true)))
            }
            let header = edit(block, message, policy.unrepresentable == .rewrite ? .rewrite : .refuse)
            facts.isUnrepresentable = header == nil
            switch SendPlan(for: facts, policy) {
            case .mimeRequest:
                return .success(
                    .mime(OutgoingMessage(header: header ?? [], body: body, bodyOffset: block.bodyOffset)))
            case .upload: return try draft(header ?? [], body, facts, policy)
            case .smtp(let refusal): return .failure(Unsendable(fallingBackFor: refusal))
            case .refuse(let refusal): return .failure(Unsendable(rejectedFor: refusal))
            }
        } catch {
            return .failure(Unsendable(delivery: Delivery(unreadable: error)))
        }
    }

    /// The message taken apart; where it cannot be, the plan is made once more.
    private func draft(
        _ header: [UInt8], _ body: MessageBody, _ facts: SendPlan.Message, _ policy: SendPlan.Policy
    ) throws(EmailLogError) -> Result<GraphForm, Unsendable> {
        do throws(DraftMessage.Failure) {
            return .success(.draft(try DraftMessage(header: header, body: body)))
        } catch {
            switch error {
            case .unreadable(let error): throw error
            case .indecomposable(let obstacle):
                var facts = facts
                facts.indecomposable = obstacle.text
                let unsendable = unsendable(SendPlan(for: facts, policy))
                return .failure(unsendable ?? Unsendable(rejectedFor: Self.misplanned))
            }
        }
    }

    private static let misplanned = Refusal(
        scope: .message, cause: .malfunction, text: "The message cannot be taken apart, and yet was to go as a draft.")

    private func unsendable(_ plan: SendPlan) -> Unsendable? {
        switch plan {
        case .mimeRequest, .upload: nil
        case .smtp(let refusal): Unsendable(fallingBackFor: refusal)
        case .refuse(let refusal): Unsendable(rejectedFor: refusal)
        }
    }

    private func edit(_ block: HeaderBlock, _ message: QueuedMessage, _ extraneous: HeaderEditor.Extraneous) -> [UInt8]?
    {
        let editor = HeaderEditor(
            id: message.id, received: message.received, missing: MissingFields.values(for: message, host: hostname),
            carrier: .header(extraneous))
        guard case .header(let bytes) = editor.edit(block, for: message.envelope) else { return nil }
        return bytes
    }
}

/// A message in the form that Graph is to get it in.
enum GraphForm: Sendable {
    /// The base 64 of one request.
    case mime(OutgoingMessage)
    case draft(DraftMessage)
}

extension GraphPath.Unsendable {
    fileprivate init(fallingBackFor refusal: Refusal) { self.init(delivery: Delivery(fallingBackFor: refusal)) }
    fileprivate init(rejectedFor refusal: Refusal) {
        self.init(delivery: Delivery(.rejected(refusal), isAttempt: true))
    }
}
