import GraphProtocol
import MailModel
import NIOPosix
import SMTPProtocol
import SMTPTransport
import TLS

/// The SMTP path up to the point where it could take a message: connection, TLS, authentication. Like any other it is one
/// of the mailbox's connections, of which a running service may have as many as there may be.
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
        let key = SMTPConnectionPool.Key(host: host.host, port: host.port, mailbox: user ?? "")
        guard await hasPlace(key) else { return inUse(host, user) }
        do {
            let tls = try await outbound.smtp.withConnection(key, .init(options, connections: 1)) {
                $0.tls.map { "\(host.tls.rawValue) with \($0.version)" } ?? "no TLS"
            }
            await outbound.smtp.closeIdle()
            let login = credentials.map { "AUTH \($0.mechanism.rawValue) as \(user ?? "") accepted" } ?? "no AUTH"
            let text = "connected, \(tls), \(login)"
            guard user == nil, host.authentication != .off else { return CheckItem("smtp", host.place, .ok, text) }
            return CheckItem(
                "smtp", host.place, .warning, "\(text) tried: the route names no single sender",
                advice: Self.nameSender)
        } catch {
            return error.item(host)
        }
    }

    /// A service that delivers leaves the mailbox's last place now and then; one that has too much to do for that shows by it
    /// that the path works.
    private func hasPlace(_ key: SMTPConnectionPool.Key) async -> Bool {
        let deadline = clocks.instant() + patience
        while !outbound.lastPlace.take(key) {
            guard clocks.instant() < deadline, (try? await clocks.sleep(.milliseconds(200))) != nil else {
                return false
            }
        }
        return true
    }

    private func inUse(_ host: SubmissionHost, _ user: String?) -> CheckItem {
        CheckItem(
            "smtp", host.place, .ok,
            "in use: all \(host.connections) connections that \(user ?? "the login") may have are open, by the service")
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
