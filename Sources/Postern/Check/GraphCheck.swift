import GraphProtocol
import MailModel

/// Token, roles, and whether Graph takes the token for the mailbox. Nothing is sent.
extension Checkup {
    func graphItems(_ route: Route, _ way: NetworkCheck) async -> [CheckItem] {
        guard let graph = route.graph else { return [] }
        if let url = graph.urls.first(where: way.unreached.contains) {
            return [CheckItem("token", route.name, .warning, "not asked for: \(url) is not reached, see above")]
        }
        switch await acquire(route) {
        case .failure(let unavailable): return [unavailable.item]
        case .success(let granted):
            return [tokenItem(granted, route), rolesItem(granted, route), await probeItem(route, graph, granted.token)]
        }
    }

    /// Why there is none, as a line.
    private struct NoToken: Error { let item: CheckItem }

    private func acquire(_ route: Route) async -> Result<TokenCheck.Granted, NoToken> {
        let (configuration, clocks) = (configuration, clocks)
        let check = await within(patience) { () async -> Result<TokenCheck, GatewayError> in
            do throws(GatewayError) {
                return .success(try await .run(route, of: configuration, audience: .graph, clocks: clocks))
            } catch {
                return .failure(error)
            }
        }
        switch check {
        case nil: return .failure(NoToken(item: TokenFailure(.slow(patience)).item("token", route.name)))
        case .failure(let error):
            return .failure(NoToken(item: CheckItem("token", route.name, .failed(.configuration), "\(error)")))
        case .success(let check):
            return check.result.mapError { NoToken(item: $0.item("token", route.name)) }
        }
    }

    private func tokenItem(_ granted: TokenCheck.Granted, _ route: Route) -> CheckItem {
        CheckItem("token", route.name, .ok, "acquired, good until \(granted.expiresAt) UTC")
    }

    private func rolesItem(_ granted: TokenCheck.Granted, _ route: Route) -> CheckItem {
        let roles = granted.claims?.roles.sorted().joined(separator: ", ") ?? ""
        return CheckItem(
            "roles", route.name, granted.verdict.answer == .no ? .failed(.refused) : .ok,
            roles.isEmpty ? granted.verdict.text : "\(roles). \(granted.verdict.text)")
    }

    private func probeItem(_ route: Route, _ graph: Graph, _ token: AccessToken) async -> CheckItem {
        guard let mailbox = party(of: route)?.mailbox.description else { return unknownParty("graph", route) }
        let probe = SendMailProbe(endpoints: Application(graph).endpoints, mailbox: mailbox, token: token)
        let (wire, now) = (Wire(graph, outbound.http), clocks.now())
        let finding = await within(patience) { () async -> Result<SendMailProbe.Finding, WireFailure> in
            do throws(WireFailure) {
                return .success(probe.finding(in: try await wire.send(probe.wire), now: now))
            } catch {
                return .failure(error)
            }
        }
        switch finding ?? .failure(.slow(patience)) {
        case .success(let finding): return finding.item(mailbox)
        case .failure(let failure): return CheckItem("graph", mailbox, .failed(.unavailable), failure.text)
        }
    }
}

extension SendMailProbe.Finding {
    /// What only a message shows stays open.
    func item(_ mailbox: String) -> CheckItem {
        switch self {
        case .ready:
            CheckItem(
                "graph", mailbox, .ok,
                "takes the token for this mailbox; whether it is full, or may send as others, --send-to shows")
        case .refused(let refusal):
            CheckItem("graph", mailbox, refusal.verdict, refusal.words, advice: refusal.advice(on: .graph))
        case .unclear(let refusal):
            CheckItem(
                "graph", mailbox, .warning, "answers otherwise than expected: \(refusal.words)",
                advice: "Send a test message with --send-to ADDRESS: that will tell.")
        }
    }
}

extension TokenFailure {
    func item(_ name: String, _ subject: String) -> CheckItem {
        let isOperators = kind == .operator || kind == .newAssertionOnce
        return CheckItem(
            name, subject, .failed(isOperators ? .refused : .unavailable),
            text.hasPrefix(code ?? "") ? text : [code, text].compactMap(\.self).joined(separator: ": "),
            advice: explanation)
    }
}

extension Refusal {
    /// Where nothing was to be sent: a limit that is reached for the moment shows that the path works.
    var verdict: CheckItem.Verdict { cause == .throttled ? .warning : .failed(fault) }

    /// Where a message was to be sent.
    var fault: CheckItem.Fault {
        switch cause {
        case .unauthorized, .misconfigured: .refused
        case .throttled, .quota, .unavailable: .unavailable
        case .rejected, .tooLarge, .unrepresentable, .malfunction: .other
        }
    }
}
