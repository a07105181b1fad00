import EmailLog
import MIME
import MailModel
import SMTPProtocol
import SMTPTransport
import TLS

/// Delivery by SMTP submission, over connections that are never more than the far side allows.
struct SMTPPath: DeliveryPath {
    let host: SubmissionHost
    let account: SubmissionAccount
    let security: SMTPClientOptions.Security
    let pool: SMTPConnectionPool
    /// Our name in EHLO, and in what is added to headers.
    let hostname: String

    func deliver(_ message: QueuedMessage, body: MessageBody, memory: AttemptMemory) async -> Delivery {
        do throws(EmailLogError) {
            let block = try HeaderReader.header(of: body)
            if let refusal = HeaderReader.refusal(of: block, in: body) {
                return Delivery(.rejected(refusal), isAttempt: true)
            }
            let outgoing = try prepare(message, block, body)
            let user = user(for: message)
            return await submit(
                Submittal(message: message, outgoing: outgoing, traits: try outgoing.traits(), user: user),
                await account.proof(for: user), mayRenew: true)
        } catch {
            return Delivery(unreadable: error)
        }
    }

    func takeOver(from old: any DeliveryPath) async {
        if let old = old as? SMTPPath { await account.takeOver(from: old.account) }
    }

    /// One message ready to be handed over, and for whom to log in.
    private struct Submittal: Sendable {
        let message: QueuedMessage
        let outgoing: OutgoingMessage
        let traits: MessageTraits
        let user: String
    }

    private func user(for message: QueuedMessage) -> String { host.username ?? message.mailbox.description }

    private func prepare(
        _ message: QueuedMessage, _ block: HeaderBlock, _ body: MessageBody
    ) throws(EmailLogError) -> OutgoingMessage {
        let editor = HeaderEditor(
            id: message.id, received: message.received, missing: MissingFields.values(for: message, host: hostname),
            carrier: .envelope)
        switch editor.edit(block, for: message.envelope) {
        case .header(let header): return OutgoingMessage(header: header, body: body, bodyOffset: block.bodyOffset)
        case .unrepresentable: throw .other("an envelope can express every message")
        }
    }

    // MARK: The attempt

    private func submit(
        _ submittal: Submittal, _ proof: Result<SubmissionAccount.Proof, TokenSource.Unavailable>, mayRenew: Bool
    ) async -> Delivery {
        switch proof {
        case .failure(let unavailable): return Delivery(unavailable)
        case .success(let proof):
            do {
                let report = try await hand(over: submittal, proof)
                let groups = SubmissionAnswer.read(report, for: submittal.message.envelope)
                return Delivery(groups, cost: report.wasOffered ? cost(submittal) : nil)
            } catch {
                return await judge(error, submittal, proof, mayRenew: mayRenew)
            }
        }
    }

    private func hand(
        over submittal: Submittal, _ proof: SubmissionAccount.Proof
    ) async throws(SMTPClientError) -> DeliveryReport {
        let key = SMTPConnectionPool.Key(host: host.host, port: host.port, mailbox: submittal.user)
        return try await pool.withConnection(key, terms(proof)) { client throws(SMTPClientError) in
            var traits = submittal.traits
            // Where it cannot be said, such a header goes as it came: that is how it would have gone without us.
            traits.hasUTF8Headers = traits.hasUTF8Headers && client.capabilities.smtpUTF8
            return try await client.deliver(
                submittal.message.envelope, traits, content: MessagePieces(submittal.outgoing))
        }
    }

    private func terms(_ proof: SubmissionAccount.Proof) -> SMTPConnectionPool.Terms {
        let options = SMTPClientOptions(
            host: host.host, port: host.port, hostname: hostname, security: security, credentials: proof.credentials)
        return SMTPConnectionPool.Terms(
            options, connections: host.connections, age: host.connectionAge, messages: host.messagesPerConnection)
    }

    private func judge(
        _ error: SMTPClientError, _ submittal: Submittal, _ proof: SubmissionAccount.Proof, mayRenew: Bool
    ) async -> Delivery {
        switch error {
        case .unreachable, .tlsFailed:
            return Delivery(.deferred(Refusal(error, host), retryAfter: nil), isAttempt: true)
        case .cancelled:
            let refusal = Refusal(
                scope: .message, cause: .unavailable, text: "The service stopped before its turn came.")
            return Delivery(.deferred(refusal, retryAfter: nil), isAttempt: false)
        case .session(let failure) where failure.reason == .bodyFailed:
            return Delivery(unreadable: submittal.outgoing.damage() ?? .other("a piece of it could not be read"))
        case .session(let failure):
            let cost = failure.reachedTransaction ? cost(submittal) : nil
            switch SubmissionAnswer.read(failure) {
            case .outcome(let outcome): return Delivery(outcome, isAttempt: true, cost: cost)
            case .unauthenticated(let refusal):
                if mayRenew, let other = await account.alternative(to: proof, user: submittal.user) {
                    return await submit(submittal, other, mayRenew: false)
                }
                return Delivery(.deferred(refusal, retryAfter: nil), isAttempt: true, cost: cost)
            }
        }
    }

    private func cost(_ submittal: Submittal) -> AttemptRecord.Cost {
        AttemptRecord.Cost(recipients: submittal.message.envelope.recipients.count, bytes: submittal.outgoing.size)
    }
}

extension DeliveryReport {
    /// False where the server's announcements alone said that it would be in vain.
    fileprivate var wasOffered: Bool {
        switch conclusion {
        case .accepted, .refused: true
        case .tooLarge, .needsUTF8: false
        }
    }
}

extension ClientFailure {
    /// From MAIL on the far side may count what it hears against the mailbox's limits.
    fileprivate var reachedTransaction: Bool {
        switch phase {
        case .mail, .recipients, .data, .body, .endOfData: true
        case .greeting, .hello, .startTLS, .handshake, .authentication, .ready, .quit, .over: false
        }
    }
}

extension Refusal {
    /// No session came about: the network's fault, or a certificate that only an operator can mend.
    init(_ error: SMTPClientError, _ host: SubmissionHost) {
        let place = "\(host.host) port \(host.port)"
        if case .tlsFailed(.verificationFailed(let reason)) = error {
            self.init(
                scope: .route, cause: .unavailable,
                text: "The certificate of \(place) is not accepted: \(reason). Trust its issuer with `ca_file`.")
        } else if case .tlsFailed(let failure) = error {
            self.init(scope: .route, cause: .unavailable, text: "No TLS with \(place): \(failure)")
        } else {
            self.init(scope: .route, cause: .unavailable, text: "\(error)")
        }
    }
}
