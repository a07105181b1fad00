import GraphProtocol
import MailModel
import Testing

@testable import Postern

/// `postern token`: one token, now, and what it is good for.
@Suite struct TokenCheckTests {
    private func check(
        _ audience: Audience = .graph, _ script: @escaping ScriptedMicrosoft.Script
    ) async throws -> TokenCheck {
        try await ScriptedMicrosoft.serve(script) { microsoft in
            var settings = try configuration(Desk.routes)
            settings.routes[0].graph = makeGraph(microsoft)
            return try await TokenCheck.run(
                settings.routes[0], of: settings, audience: audience, clocks: ManualClock().clocks)
        }
    }

    private func jwt(_ claims: String) -> String {
        [#"{"alg":"none"}"#, claims, "x"].map { Base64.encodeURL(Array($0.utf8)) }.joined(separator: ".")
    }

    @Test func rolesAndEndAreReadFromTheToken() async throws {
        let end = noon.milliseconds / 1000 + 4000
        let token = jwt(#"{"aud":"https://graph.microsoft.com","roles":["Mail.Send"],"exp":\#(end)}"#)
        let check = try await check { _, _ in ScriptedMicrosoft.token(token) }
        let granted = try check.result.get()
        #expect(granted.token.text == token && granted.claims?.roles == ["Mail.Send"])
        #expect(granted.expiresAt == Timestamp(secondsSince1970: end))
        #expect(check.route == "contoso" && check.tenant == "contoso.onmicrosoft.com" && check.clientID == "client-1")
    }

    @Test func anOpaqueTokenEndsWhenTheAnswerSays() async throws {
        let granted = try await check { _, _ in ScriptedMicrosoft.token("opaque", expiresIn: 600) }.result.get()
        #expect(granted.claims == nil && granted.expiresAt == after(600))
    }

    @Test func aRefusalIsHandedOn() async throws {
        let check = try await check { _, _ in ScriptedMicrosoft.refusedToken(7_000_215) }
        guard case .failure(let failure) = check.result else {
            Issue.record("a token")
            return
        }
        #expect(failure.code == "AADSTS7000215" && failure.kind == .operator)
    }

    @Test func aCredentialThatCannotBeReadIsTheConfigurations() async throws {
        var settings = try configuration(Desk.routes)
        settings.routes[0].graph?.credentials = [.certificate(file: "/nowhere/app.pem", password: nil)]
        let error = await #expect(throws: GatewayError.self) {
            try await TokenCheck.run(settings.routes[0], of: settings, audience: .graph)
        }
        #expect(error?.description.hasPrefix("route contoso: the certificate file /nowhere/app.pem") == true)
    }
}
