import MailModel
import Testing

@testable import M365Emulator

struct TokenLedgerTests {
    private static func check(_ bench: Bench, _ text: String?, for resource: Resource = .graph) -> TokenLedger.Refusal?
    {
        do {
            _ = try bench.state.tokens.check(text, for: resource, in: bench.state.directory, at: bench.moment.wall)
            return nil
        } catch { return error }
    }

    @Test func takesItsOwnToken() throws {
        var bench = Bench()
        let token = bench.token()
        let identity = try bench.state.tokens.check(
            token, for: .graph, in: bench.state.directory, at: bench.moment.wall)
        #expect(identity.app.clientID == Bench.app)
        #expect(identity.roles == ["Mail.Send", "Mail.ReadWrite"])
    }

    @Test func refusesWhatIsNotOfItsMaking() {
        var bench = Bench()
        let token = bench.token()
        #expect(Self.check(bench, nil) == .missing)
        #expect(Self.check(bench, "") == .missing)
        #expect(Self.check(bench, "nonsense") == .malformed)
        #expect(Self.check(bench, token + "x") == .malformed)
        #expect(Self.check(bench, JSONWebToken.sign(["aud": "x"], key: [1])) == .malformed)
        var stranger = Bench()
        #expect(Self.check(bench, stranger.token()) == .malformed)
    }

    @Test func refusesTheOtherResourcesToken() {
        var bench = Bench()
        let (graph, exchange) = (bench.token(), bench.token("https://outlook.office365.com/.default"))
        #expect(Self.check(bench, graph, for: .exchange) == .audience)
        #expect(Self.check(bench, exchange) == .audience)
        #expect(Self.check(bench, exchange, for: .exchange) == nil)
    }

    @Test func refusesAnExpiredToken() {
        var bench = Bench { ($0.tokens.minimumLifetime, $0.tokens.maximumLifetime) = (60, 60) }
        let token = bench.token()
        bench.advance(.seconds(59))
        #expect(Self.check(bench, token) == nil)
        bench.advance(.seconds(1))
        #expect(Self.check(bench, token) == .expired)
    }

    @Test func refusesARevokedToken() {
        var bench = Bench()
        let token = bench.token()
        #expect(bench.control("POST", "revoke-tokens").status == 204)
        #expect(Self.check(bench, token) == .revoked)
        let fresh = bench.token()
        #expect(Self.check(bench, fresh) == nil)
    }

    @Test(
        arguments: [
            ("https://graph.microsoft.com", Resource.graph), ("https://graph.microsoft.com/", .graph),
            ("00000003-0000-0000-c000-000000000000", .graph), ("https://outlook.office.com", .exchange), ("x", nil),
        ] as [(String, Resource?)])
    func knowsResourcesByTheirNames(name: String, resource: Resource?) {
        #expect(Resource(name) == resource)
    }
}
