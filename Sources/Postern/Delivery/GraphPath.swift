import DeliveryPolicy
import EmailLog
import GraphProtocol
import MIME
import MailModel

/// Delivery through Microsoft Graph: the MIME message, streamed from the store, by `sendMail` or as a draft that is sent.
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
    func prepare(_ message: QueuedMessage, _ body: MessageBody) -> Result<OutgoingMessage, Unsendable> {
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
            if let unsendable = unsendable(SendPlan(for: facts, policy)) { return .failure(unsendable) }
            return .success(OutgoingMessage(header: header ?? [], body: body, bodyOffset: block.bodyOffset))
        } catch {
            return .failure(Unsendable(delivery: Delivery(unreadable: error)))
        }
    }

    private func unsendable(_ plan: SendPlan) -> Unsendable? {
        switch plan {
        case .mimeRequest: nil
        case .smtp(let refusal): Unsendable(delivery: Delivery(fallingBackFor: refusal))
        case .refuse(let refusal): Unsendable(delivery: Delivery(.rejected(refusal), isAttempt: true))
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
