import DeliveryPolicy
import EmailLog
import Foundation
import GraphProtocol
import MIME
import MailModel

/// Delivery through Microsoft Graph: `sendMail` with the MIME message, streamed from the store.
struct GraphPath: DeliveryPath {
    let application: Application
    let tokens: TokenSource
    let wire: Wire
    let policy: SendPlan.Policy
    let hostname: String
    let clocks: Clocks

    func deliver(_ message: QueuedMessage, body: MessageBody) async -> Delivery {
        switch prepare(message, body) {
        case .failure(let problem): problem.delivery
        case .success(let outgoing): await send(outgoing, message, tokens.token(), mayRenew: true)
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

    // MARK: The request

    private func send(
        _ outgoing: OutgoingMessage, _ message: QueuedMessage, _ token: TokenSource.Answer, mayRenew: Bool
    ) async -> Delivery {
        switch token {
        case .failure(let unavailable): return Delivery(unavailable)
        case .success(let held):
            let answer = await request(outgoing, message, held)
            switch answer.verdict {
            case .outcome(let outcome):
                if mayRenew, outcome.isMissingPermission, let other = await successor(to: held) {
                    return await send(outgoing, message, .success(other), mayRenew: false)
                }
                return Delivery(outcome, isAttempt: true, cost: answer.reached ? cost(outgoing, message) : nil)
            case .unauthenticated(let refusal) where mayRenew:
                return await send(
                    outgoing, message, tokens.replacement(for: held, words: refusal.text), mayRenew: false)
            case .unauthenticated(let refusal):
                _ = await tokens.replacement(for: held, words: refusal.text)
                return Delivery(.deferred(refusal, retryAfter: nil), isAttempt: true, cost: cost(outgoing, message))
            }
        }
    }

    /// A role that was granted since the token was issued stands only in a new one.
    private func successor(to held: HeldToken) async -> HeldToken? {
        guard clocks.instant() - held.fetchedAt >= .seconds(60) else { return nil }
        return try? await tokens.alternative(to: held)?.get()
    }

    private struct Answer {
        var verdict: GraphAnswer
        /// Something of the request may have reached Microsoft.
        var reached: Bool
    }

    private func request(_ outgoing: OutgoingMessage, _ message: QueuedMessage, _ held: HeldToken) async -> Answer {
        let request = SendMailRequest(
            endpoints: application.endpoints, mailbox: message.mailbox.description, token: held.token,
            messageLength: outgoing.size, requestID: UUID().uuidString.lowercased(), userAgent: "Postern")
        do {
            let response = try await wire.send(request.wire) { outgoing.base64() }
            return Answer(verdict: GraphAnswer.read(response, now: clocks.now()), reached: true)
        } catch {
            let reached = error.bodyProgress != .none || error.seen != nil
            return Answer(verdict: GraphAnswer.read(error, now: clocks.now()), reached: reached)
        }
    }

    private func cost(_ outgoing: OutgoingMessage, _ message: QueuedMessage) -> AttemptRecord.Cost {
        AttemptRecord.Cost(recipients: message.envelope.recipients.count, bytes: outgoing.size)
    }
}

extension Outcome {
    fileprivate var isMissingPermission: Bool {
        if case .deferred(let refusal, _) = self { refusal.cause == .unauthorized } else { false }
    }
}
