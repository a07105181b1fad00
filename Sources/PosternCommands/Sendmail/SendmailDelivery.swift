import MailModel
import NIOPosix
import Postern
import SMTPProtocol
import SMTPTransport

/// Hands one message to the service of this machine: through its socket, or where nobody answers there, into the maildrop.
struct SendmailDelivery {
    let settings: LocalSettings
    let clocks: Clocks

    /// - Returns: what has become of it, in a sentence.
    func submit(_ mail: SendmailComposer.Mail) async throws(CommandFailure) -> String {
        do throws(Obstacle) {
            return try await submitBySocket(mail)
        } catch {
            switch error {
            case .refused(let failure): throw failure
            case .serviceDown(let reason): return try leaveInMaildrop(mail, because: reason)
            }
        }
    }

    private enum Obstacle: Error {
        case refused(CommandFailure)
        /// Nothing was accepted there.
        case serviceDown(String)
    }

    // MARK: Through the socket

    private func submitBySocket(_ mail: SendmailComposer.Mail) async throws(Obstacle) -> String {
        let options = SMTPClientOptions(localSocket: settings.socket, hostname: settings.hostname)
        let report: DeliveryReport
        do throws(SMTPClientError) {
            var client = try await SMTPClient.connect(options, on: MultiThreadedEventLoopGroup.singleton)
            report = try await client.deliver(mail.envelope, mail.content)
            await client.quit()
        } catch {
            guard error.isOutcomeUnknown else { throw .serviceDown(reason(error)) }
            throw .refused(
                CommandFailure(
                    .tryAgainLater, "the service's answer was lost, and it may have accepted the message: \(error)"))
        }
        do throws(CommandFailure) { return try Self.read(report) } catch { throw .refused(error) }
    }

    private func reason(_ error: SMTPClientError) -> String {
        if case .unreachable(_, _, let reason) = error { "\(settings.socket): \(reason)" } else { "\(error)" }
    }

    static func read(_ report: DeliveryReport) throws(CommandFailure) -> String {
        switch report.conclusion {
        case .accepted(let reply):
            let refused = report.recipients.filter(\.reply.isRefusal)
            guard refused.isEmpty else {
                let list = refused.map { "\($0.recipient): \($0.reply)" }.joined(separator: "; ")
                throw CommandFailure(.failure, "\(reply), but not for \(list)")
            }
            return reply.text
        case .refused(_, let reply):
            let isPassing = reply.class == .transient
            throw CommandFailure(isPassing ? .tryAgainLater : .failure, "the service refused the message: \(reply)")
        case .tooLarge(let limit):
            throw CommandFailure(.failure, "the message is larger than the \(limit) octets the service takes")
        case .needsUTF8:
            throw CommandFailure(.failure, "the service takes no addresses outside ASCII")
        }
    }

    // MARK: Into the maildrop

    private func leaveInMaildrop(_ mail: SendmailComposer.Mail, because reason: String) throws(CommandFailure) -> String
    {
        let now = clocks.now()
        var (ids, random) = (QueueIDGenerator(), SystemRandomNumberGenerator())
        let name = MaildropName(ids.next(at: now, using: &random), using: &random)
        let message = MaildropMessage(envelope: mail.envelope, date: now, content: mail.content)
        do throws(Maildrop.Failure) {
            try Maildrop(store: settings.store).put(message, as: name)
            return "the service is down; queued as \(name.id) for its next start"
        } catch {
            throw CommandFailure(
                .tryAgainLater, "the service is down (\(reason)), and the maildrop cannot be used (\(error))")
        }
    }
}
