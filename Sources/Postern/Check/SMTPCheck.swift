import GraphProtocol
import MailModel
import NIOPosix
import SMTPProtocol
import SMTPTransport
import TLS

/// The SMTP path up to the point where it could take a message: connection, TLS, authentication.
extension Checkup {
    func smtpItems(_ route: Route, _ way: NetworkCheck) async -> [CheckItem] {
        guard let host = route.smtp else { return [] }
        let usesTokens = host.authentication == .xoauth2
        let needed = [host.host] + (usesTokens ? route.graph?.urls.prefix(1) ?? [] : [])
        if let name = needed.first(where: way.unreached.contains) {
            return [CheckItem("smtp", host.place, .warning, "not tried: \(name) is not reached, see above")]
        }
        return [await smtpItem(route, host)]
    }

    private func smtpItem(_ route: Route, _ host: SubmissionHost) async -> CheckItem {
        do {
            let account = try SubmissionAccount(host, route, outbound, clocks)
            let security = try SMTPClientOptions.Security(host)
            guard let user = host.username ?? party(of: route)?.mailbox.description else {
                return await connect(host, security, nil, user: nil)
            }
            switch await within(patience, { await account.proof(for: user) }) {
            case nil: return TokenFailure(.slow(patience)).item("smtp", host.place)
            case .failure(let unavailable): return unavailable.failure.item("smtp", host.place)
            case .success(let proof): return await connect(host, security, proof.credentials, user: user)
            }
        } catch {
            return CheckItem("smtp", host.place, .failed(.configuration), "\(error)")
        }
    }

    private func connect(
        _ host: SubmissionHost, _ security: SMTPClientOptions.Security, _ credentials: Credentials?, user: String?
    ) async -> CheckItem {
        var options = SMTPClientOptions(
            host: host.host, port: host.port, hostname: configuration.hostname, security: security,
            credentials: credentials)
        (options.timeouts.connect, options.timeouts.handshake) = (patience, patience)
        options.timeouts.dialogue = patience
        do {
            var client = try await SMTPClient.connect(options, on: MultiThreadedEventLoopGroup.singleton)
            let tls = client.tls.map { "\(host.tls.rawValue) with \($0.version)" } ?? "no TLS"
            let login = credentials.map { "AUTH \($0.mechanism.rawValue) as \(user ?? "") accepted" } ?? "no AUTH"
            await client.quit()
            let text = "connected, \(tls), \(login)"
            guard user == nil, host.authentication != .off else { return CheckItem("smtp", host.place, .ok, text) }
            return CheckItem(
                "smtp", host.place, .warning, "\(text) tried: the route names no single sender",
                advice: Self.nameSender)
        } catch {
            return error.item(host)
        }
    }
}

extension SubmissionHost {
    var place: String { "\(host):\(port)" }
}

extension SMTPClientError {
    fileprivate func item(_ host: SubmissionHost) -> CheckItem {
        switch self {
        case .session(let failure): failure.item(host)
        case .unreachable, .cancelled:
            CheckItem(
                "smtp", host.place, .failed(.unavailable), "\(self)",
                advice: "Check `host` and `port`, and let this machine out to them in the firewall.")
        case .tlsFailed:
            CheckItem(
                "smtp", host.place, .failed(.unavailable), Refusal(self, host).text,
                advice: "Check `tls` and `port`, and trust the issuer of the host's certificate with `ca_file`.")
        }
    }
}

extension ClientFailure {
    fileprivate func item(_ host: SubmissionHost) -> CheckItem {
        let refusal =
            switch SubmissionAnswer.read(self) {
            case .outcome(let outcome): outcome.refusal
            case .unauthenticated(let refusal): refusal
            }
        guard let refusal else { return CheckItem("smtp", host.place, .failed(.other), "\(reason)") }
        let text = refusal.status == nil ? refusal.text : "\(phase.rawValue) refused with \(refusal.words)"
        return CheckItem("smtp", host.place, refusal.verdict, text, advice: refusal.advice(on: .smtp))
    }
}
