import DeliveryPolicy
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
            let permission = await permissionItem(route, graph, granted)
            let upload = await uploadItem(route, graph, granted)
            let shadow = await shadowItem(route, graph, granted)
            return [tokenItem(granted, route), rolesItem(granted, route), await probeItem(route, graph, granted.token)]
                + [permission, upload, shadow].compactMap(\.self)
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
        switch await ask(.sendMail, graph, mailbox, token) {
        case .success(let finding): return finding.item(mailbox)
        case .failure(let failure): return CheckItem("graph", mailbox, .failed(.unavailable), failure.text)
        }
    }
}

extension Checkup {
    fileprivate func ask(
        _ call: MailboxProbe.Call, _ graph: Graph, _ mailbox: String, _ token: AccessToken
    ) async -> Result<MailboxProbe.Finding, WireFailure> {
        let probe = MailboxProbe(call, endpoints: Application(graph).endpoints, mailbox: mailbox, token: token)
        let (wire, now) = (Wire(graph, outbound.http), clocks.now())
        let finding = await within(patience) { () async -> Result<MailboxProbe.Finding, WireFailure> in
            do throws(WireFailure) {
                return .success(probe.finding(in: try await wire.send(probe.wire), now: now))
            } catch {
                return .failure(error)
            }
        }
        return finding ?? .failure(.slow(patience))
    }

    /// What `exactly_once` needs beside the leave to send; `nil` where it is off. The mailbox is asked where one is known,
    /// since the token does not tell all.
    fileprivate func permissionItem(_ route: Route, _ graph: Graph, _ granted: TokenCheck.Granted) async -> CheckItem? {
        let mode = graph.exactlyOnce
        guard mode != .off else { return nil }
        guard let mailbox = party(of: route)?.mailbox.description else { return mode.item(route.name, granted.claims) }
        let finding = await ask(mode == .draft ? .createDraft : .look, graph, mailbox, granted.token)
        switch finding {
        case .success(.ready):
            return CheckItem(mode.rawValue, mailbox, .ok, "permitted, as `exactly_once: \(mode.rawValue)` needs it")
        case .success(.refused(let refusal)) where refusal.status == 403 && refusal.cause == .unauthorized:
            return CheckItem(mode.rawValue, mailbox, .failed(.refused), refusal.words, advice: mode.permissionAdvice)
        case .success(let finding):
            var item = finding.item(mailbox)
            item.name = mode.rawValue
            return item
        case .failure(let failure): return CheckItem(mode.rawValue, mailbox, .failed(.unavailable), failure.text)
        }
    }
}

extension Checkup {
    /// What large mail needs where it goes by Graph; `nil` where it does not, or needs nothing more. Where nobody asked for
    /// it by name, the token's word is enough.
    fileprivate func uploadItem(_ route: Route, _ graph: Graph, _ granted: TokenCheck.Granted) async -> CheckItem? {
        let isAsked = graph.large == .upload
        guard isAsked || (graph.large == .auto && route.smtp == nil) else { return nil }
        let alternative = isAsked ? "large: smtp" : "large: refuse"
        let advice = AppRole.advice(granting: AppRole.drafts, or: alternative)
        guard isAsked, let mailbox = party(of: route)?.mailbox.description else {
            guard AppRole.isGranted(anyOf: [AppRole.drafts], by: granted.claims) == false else { return nil }
            let text = "\(AppRole.drafts) is not in the token: mail above `mime_limit` waits for it"
            return CheckItem("large", route.name, isAsked ? .failed(.refused) : .warning, text, advice: advice)
        }
        return await draftsItem("large", "large: upload", advice, graph, mailbox, granted.token)
    }

    /// What a shadow needs that makes drafts; `nil` for any other.
    fileprivate func shadowItem(_ route: Route, _ graph: Graph, _ granted: TokenCheck.Granted) async -> CheckItem? {
        guard let trial = route.trial, trial.mode == .shadow, trial.shadow == .draft else { return nil }
        let advice = AppRole.advice(granting: AppRole.drafts, or: "trial: {shadow: render}")
        guard let mailbox = party(of: route)?.mailbox.description else {
            guard AppRole.isGranted(anyOf: [AppRole.drafts], by: granted.claims) == false else { return nil }
            return CheckItem(
                "shadow", route.name, .failed(.refused), "\(AppRole.drafts) is not in the token: no draft can be made",
                advice: advice)
        }
        return await draftsItem("shadow", "trial: {shadow: draft}", advice, graph, mailbox, granted.token)
    }

    /// Whether drafts may be made in the mailbox, which it is asked itself.
    private func draftsItem(
        _ name: String, _ setting: String, _ advice: String, _ graph: Graph, _ mailbox: String, _ token: AccessToken
    ) async -> CheckItem {
        switch await ask(.createDraft, graph, mailbox, token) {
        case .success(.ready): return CheckItem(name, mailbox, .ok, "permitted, as `\(setting)` needs it")
        case .success(.refused(let refusal)) where refusal.status == 403 && refusal.cause == .unauthorized:
            return CheckItem(name, mailbox, .failed(.refused), refusal.words, advice: advice)
        case .success(let finding):
            var item = finding.item(mailbox)
            item.name = name
            return item
        case .failure(let failure): return CheckItem(name, mailbox, .failed(.unavailable), failure.text)
        }
    }
}

extension ExactlyOnce {
    /// By the token alone.
    fileprivate func item(_ subject: String, _ claims: TokenClaims?) -> CheckItem {
        switch isPermitted(by: claims) {
        case true?: CheckItem(rawValue, subject, .ok, "permitted by the token, as `exactly_once: \(rawValue)` needs it")
        case false?:
            CheckItem(
                rawValue, subject, .failed(.refused),
                "none of \(sufficientRoles.joined(separator: ", ")) is in the token",
                advice: permissionAdvice)
        case nil:
            CheckItem(
                rawValue, subject, .warning, "the token does not tell whether `exactly_once: \(rawValue)` is permitted",
                advice: Checkup.nameSender)
        }
    }
}

extension MailboxProbe.Finding {
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
