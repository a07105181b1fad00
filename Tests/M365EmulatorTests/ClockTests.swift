import MailModel
import Testing

@testable import M365Emulator

/// A clock that is wrong on purpose.
@Suite(.timeLimit(.minutes(5))) struct ClockTests {
    private static let now: Int64 = 1_795_000_000

    private static func core(_ offset: Double) throws -> EmulatorCore {
        let core = EmulatorCore(EmulatorConfiguration(), clock: .still())
        let answer = core.withState {
            $0.control(
                ["settings"], Bench.head("PATCH", "/"), Array(#"{"clock": {"offset": \#(offset)}}"#.utf8),
                at: Bench().moment)
        }
        try #require(answer.json["clock"]["offset"].number == offset)
        return core
    }

    private static func token(_ core: EmulatorCore) throws -> HTTPAnswer {
        let head = Bench.head(
            "POST", "/contoso.com/oauth2/v2.0/token", ["content-type": "application/x-www-form-urlencoded"])
        let exchange = core.begin(head)
        let delivery = core.perform(exchange, body: .complete(Array(Bench.form().utf8)))
        guard case .answer(let answer) = core.finish(exchange, delivery) else { return HTTPAnswer(0) }
        return answer
    }

    static let offsets: [(offset: Double, date: String)] = [
        (0, "Wed, 18 Nov 2026 11:06:40 GMT"), (3600, "Wed, 18 Nov 2026 12:06:40 GMT"),
        (-3600, "Wed, 18 Nov 2026 10:06:40 GMT"), (0.5, "Wed, 18 Nov 2026 11:06:40 GMT"),
    ]

    @Test(arguments: offsets) func showsInDatesAndTokens(offset: Double, date: String) throws {
        let answer = try Self.token(try Self.core(offset))
        #expect(answer["Date"] == date)
        let token = try #require(JSONWebToken(answer.json["access_token"].string ?? ""))
        #expect(token.claims["iat"].int == Int(Self.now) + Int(offset))
        #expect(token.claims["nbf"] == token.claims["iat"])
    }

    /// What is checked with it fails, as an assertion from a client whose clock is right.
    @Test(arguments: [(0.0, 200), (299, 200), (3600, 401), (-3600, 401)])
    func assertionsAreCheckedByIt(offset: Double, status: Int) throws {
        let core = try Self.core(offset)
        core.withState {
            var record = App.FederatedCredential()
            (record.issuer, record.subject, record.sharedKey) = ("https://issuer.test", "relay", "key")
            $0.directory.tenants[0].apps[0].federatedCredentials = [record]
        }
        let now = Int(Self.now)
        let assertion = JSONWebToken.sign(
            [
                "iss": "https://issuer.test", "sub": "relay", "aud": "api://AzureADTokenExchange",
                "nbf": .number(now), "exp": .number(now + 600),
            ], key: Array("key".utf8))
        let form = Bench.form([
            "client_secret": nil, "client_assertion": assertion,
            "client_assertion_type": ClientAuthentication.assertionType,
        ])
        let head = Bench.head("POST", "/", ["content-type": "application/x-www-form-urlencoded"])
        let moment = core.moment()
        let answer = core.withState {
            $0.token(head, tenant: "contoso.com", body: Array(form.utf8), at: moment)
        }
        #expect(answer.status == status)
        if status != 200 { #expect(answer.code == "AADSTS700024") }
    }

    @Test func theGreetingShowsIt() async throws {
        try await Rig.run(clock: .still()) { rig in
            try await rig.control("PATCH", "settings", ["clock": ["offset": 3600]])
            guard case .closed(let text) = try await RawHTTP.exchange("QUIT\r\n", port: rig.addresses.smtpPort) else {
                return #expect(Bool(false), "reset")
            }
            #expect(text.contains("MAIL Service ready at Wed, 18 Nov 2026 12:06:40 +0000\r\n"))
        }
    }

    @Test func whatIsMeasuredDoesNotJump() throws {
        #expect(try Self.core(3600).moment().now == .start)
    }
}
