import GraphProtocol
import MailModel
import NIOPosix
import SMTPProtocol
import SMTPTransport
import TLS

/// The SMTP path up to the point where it could take a message: connection, TLS, authentication.
extension Checkup {
    func smtpItems(_ route: Route, _ host: SubmissionHost) async -> [CheckItem] {
        let subject = "\(host.host):\(host.port)"
        guard let user = host.username ?? mailbox(of: route)?.description else {
            return [unknownMailbox("smtp", route)]
        }
        do {
            let account = try SubmissionAccount(host, route.graph, outbound, clocks)
            let security = try SMTPClientOptions.Security(host)
            switch await account.proof(for: user) {
            case .failure(let unavailable): return [unavailable.failure.item("\(route.name) (smtp)")]
            case .success(let proof):
                return [await connect(host, security, proof.credentials, subject: subject, user: user)]
            }
        } catch {
            return [CheckItem("smtp", subject, .failed(.configuration), "\(error)")]
        }
    }

    private func connect(
        _ host: SubmissionHost, _ security: SMTPClientOptions.Security, _ credentials: Credentials?, subject: String,
        user: String
    ) async -> CheckItem {
        let options = SMTPClientOptions(
            host: host.host, port: host.port, hostname: configuration.hostname, security: security,
            credentials: credentials)
        do {
            var client = try await SMTPClient.connect(options, on: MultiThreadedEventLoopGroup.singleton)
            let tls = client.tls.map { "\(host.tls.rawValue) with \($0.version)" } ?? "no TLS"
            let login = credentials.map { "AUTH \($0.mechanism.rawValue) as \(user) accepted" } ?? "no AUTH"
            await client.quit()
            return CheckItem("smtp", subject, .ok, "connected, \(tls), \(login)")
        } catch {
            return item(error, host, subject)
        }
    }

    private func item(_ error: SMTPClientError, _ host: SubmissionHost, _ subject: String) -> CheckItem {
        guard case .session(let failure) = error else {
            let refusal = Refusal(error, host)
            return CheckItem(
                "smtp", subject, .failed(.unavailable), refusal.text,
                advice: "Check `host`, `port`, the firewall, and `ca_file`.")
        }
        let refusal =
            switch SubmissionAnswer.read(failure) {
            case .outcome(let outcome): outcome.refusal
            case .unauthenticated(let refusal): refusal
            }
        guard let refusal else { return CheckItem("smtp", subject, .failed(.other), "\(error)") }
        return CheckItem(
            "smtp", subject, .failed(refusal.fault), "\(failure.phase.rawValue): \(refusal.words)",
            advice: refusal.advice(on: .smtp))
    }
}
