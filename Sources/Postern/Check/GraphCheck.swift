import GraphProtocol
import MailModel

/// Token, roles, and whether Graph takes the token for the mailbox. Nothing is sent.
extension Checkup {
    func graphItems(_ route: Route) async -> [CheckItem] {
        guard let graph = route.graph else { return [] }
        // Where Graph is not a path of its own, its token is of no use.
        let check: TokenCheck
        do {
            check = try await TokenCheck.run(route, of: configuration, audience: .graph, clocks: clocks)
        } catch {
            return [CheckItem("token", route.name, .failed(.configuration), "\(error)")]
        }
        switch check.result {
        case .failure(let failure): return [failure.item(route.name)]
        case .success(let granted):
            let roles = granted.claims?.roles.sorted() ?? []
            return [
                CheckItem("token", route.name, .ok, "acquired, valid until \(granted.expiresAt) UTC"),
                CheckItem(
                    "roles", route.name, granted.verdict.answer == .no ? .failed(.refused) : .ok,
                    roles.isEmpty ? granted.verdict.text : "\(roles.joined(separator: ", ")). \(granted.verdict.text)"),
                await probeItem(route, graph, granted.token),
            ]
        }
    }

    private func probeItem(_ route: Route, _ graph: Graph, _ token: AccessToken) async -> CheckItem {
        guard let mailbox = mailbox(of: route) else { return unknownMailbox("graph", route) }
        let subject = mailbox.description
        let probe = SendMailProbe(endpoints: Application(graph).endpoints, mailbox: subject, token: token)
        do {
            guard
                let refusal = probe.refusal(
                    in: try await Wire(graph, outbound.http).send(probe.wire), now: clocks.now())
            else {
                return CheckItem(
                    "graph", subject, .ok, "takes the token and asks for a message; --send-to proves that it sends")
            }
            return CheckItem(
                "graph", subject, .failed(refusal.fault), refusal.words, advice: refusal.advice(on: .graph))
        } catch {
            return CheckItem("graph", subject, .failed(.unavailable), error.text)
        }
    }
}

extension TokenFailure {
    func item(_ subject: String) -> CheckItem {
        let isOperators = kind == .operator || kind == .newAssertionOnce
        return CheckItem(
            "token", subject, .failed(isOperators ? .refused : .unavailable),
            [code, text].compactMap(\.self).joined(separator: ": "), advice: explanation)
    }
}

extension Refusal {
    var fault: CheckItem.Fault {
        switch cause {
        case .unauthorized, .misconfigured: .refused
        case .throttled, .quota, .unavailable: .unavailable
        case .rejected, .tooLarge, .unrepresentable, .malfunction: .other
        }
    }
}
