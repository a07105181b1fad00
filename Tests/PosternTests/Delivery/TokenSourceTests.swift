import GraphProtocol
import HTTPTransport
import MailModel
import TLS
import Testing

@testable import Postern

/// One token for all who wait, by whichever credential works.
@Suite(.timeLimit(.minutes(5))) struct TokenSourceTests {
    private func text(_ answer: TokenSource.Answer) -> String? {
        if case .success(let held) = answer { held.token.text } else { nil }
    }

    private func failure(_ answer: TokenSource.Answer) -> TokenFailure? {
        if case .failure(let unavailable) = answer { unavailable.failure } else { nil }
    }

    @Test func fiftyCallersShareOneRequest() async throws {
        let everyoneAsks = Signal()
        try await ScriptedMicrosoft.serve { _, number in
            await everyoneAsks.wait()
            return ScriptedMicrosoft.token("token-\(number)")
        } _: { microsoft in
            let source = try tokenSource(microsoft)
            let tokens = await withTaskGroup(of: String?.self) { group in
                for _ in 0..<50 { group.addTask { text(await source.token()) } }
                everyoneAsks.raise()
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(tokens == Array(repeating: "token-1", count: 50))
            #expect(microsoft.tokenCalls.count == 1)
        }
    }

    @Test func fiftyCallersShareOneFailure() async throws {
        try await ScriptedMicrosoft.serve { _, _ in
            ScriptedMicrosoft.refusedToken(7_000_222)
        } _: { microsoft in
            let source = try tokenSource(microsoft)
            let failures = await withTaskGroup(of: TokenFailure?.self) { group in
                for _ in 0..<50 { group.addTask { failure(await source.token()) } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(failures.allSatisfy { $0?.code == "AADSTS7000222" && $0?.kind == .operator })
            #expect(microsoft.tokenCalls.count == 1)
        }
    }

    @Test func theRequestNamesTheApplication() async throws {
        try await ScriptedMicrosoft.serve { microsoft in
            _ = try await tokenSource(microsoft).token()
            let call = try #require(microsoft.tokenCalls.first)
            #expect(call.path == "/contoso.onmicrosoft.com/oauth2/v2.0/token")
            #expect(call.form.contains("client_id=client-1") && call.form.contains("client_secret=s1"))
            #expect(call.form.contains("scope=https%3A%2F%2Fgraph.microsoft.com%2F.default"))
        }
    }

    @Test func aTokenIsRenewedBeforeItEnds() async throws {
        let clock = ManualClock()
        try await ScriptedMicrosoft.serve { microsoft in
            let source = try tokenSource(microsoft, clock: clock)
            #expect(text(await source.token()) == "token-1")
            clock.advance(.seconds(1799))
            #expect(text(await source.token()) == "token-1" && microsoft.tokenCalls.count == 1)
            clock.advance(.seconds(2))
            #expect(text(await source.token()) == "token-2" && microsoft.tokenCalls.count == 2)
            #expect(await source.held?.token.text == "token-2")
        }
    }

    @Test func aFailedRenewalLeavesTheOldToken() async throws {
        let clock = ManualClock()
        try await ScriptedMicrosoft.serve { _, number in
            number == 1 ? ScriptedMicrosoft.token("token-1") : .status(503)
        } _: { microsoft in
            let source = try tokenSource(microsoft, clock: clock)
            _ = await source.token()
            clock.advance(.seconds(1801))
            #expect(text(await source.token()) == "token-1" && microsoft.tokenCalls.count == 2)
            clock.advance(.seconds(3600))
            #expect(failure(await source.token())?.status == 503)
        }
    }

    @Test func aRefusedTokenIsReplacedOnceForAll() async throws {
        try await ScriptedMicrosoft.serve { microsoft in
            let source = try tokenSource(microsoft)
            let held = try await source.token().get()
            let replacements = await withTaskGroup(of: String?.self) { group in
                for _ in 0..<10 { group.addTask { text(await source.replacement(for: held, words: "no")) } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(replacements == Array(repeating: "token-2", count: 10))
            #expect(microsoft.tokenCalls.count == 2)
        }
    }

    @Test func theEndpointIsLeftAloneForAWhile() async throws {
        let clock = ManualClock()
        try await ScriptedMicrosoft.serve { _, number in
            number == 1 ? .status(429, ["Retry-After": "30"]) : ScriptedMicrosoft.token("late")
        } _: { microsoft in
            let source = try tokenSource(microsoft, clock: clock)
            guard case .failure(let unavailable) = await source.token() else {
                Issue.record("a token")
                return
            }
            #expect(unavailable.retryAt == Instant(.seconds(30)))
            clock.advance(.seconds(29))
            #expect(failure(await source.token())?.status == 429 && microsoft.tokenCalls.count == 1)
            clock.advance(.seconds(1))
            #expect(text(await source.token()) == "late")
        }
    }

    // MARK: Several credentials

    private let both: [Graph.Credential] = [.secret(Secret("old")), .secret(Secret("new"))]

    @Test func theNextCredentialIsTriedWhereAnOperatorMustMendTheFirst() async throws {
        try await ScriptedMicrosoft.serve { call, _ in
            call.form.contains("client_secret=old")
                ? ScriptedMicrosoft.refusedToken(7_000_222) : ScriptedMicrosoft.token("by-new")
        } _: { microsoft in
            let source = try tokenSource(microsoft, credentials: both)
            #expect(text(await source.token()) == "by-new")
            #expect(microsoft.tokenCalls.count == 2)
        }
    }

    @Test func passingTroubleIsNoReasonForTheNextCredential() async throws {
        try await ScriptedMicrosoft.serve { _, _ in
            .status(503)
        } _: { microsoft in
            let source = try tokenSource(microsoft, credentials: both)
            #expect(failure(await source.token())?.kind == .transient)
            #expect(microsoft.tokenCalls.count == 1)
        }
    }

    @Test func whereAllAreRefusedTheFirstOnesWordsStand() async throws {
        try await ScriptedMicrosoft.serve { _, number in
            ScriptedMicrosoft.refusedToken(number == 1 ? 7_000_222 : 7_000_215)
        } _: { microsoft in
            let source = try tokenSource(microsoft, credentials: both)
            #expect(failure(await source.token())?.codes == [7_000_222])
            #expect(microsoft.tokenCalls.count == 2)
        }
    }

    /// A trouble on our own side is told without a request.
    @Test func anExpiredCertificateIsNamedAndTheNextCredentialUsed() async throws {
        let directory = try TemporaryDirectory()
        let identity = Certificates.expiredClient
        let file = try directory.write("app.pem", identity.certificatePEM + identity.privateKeyPEM)
        let expired = Graph.Credential.certificate(file: file, password: nil)
        try await ScriptedMicrosoft.serve { microsoft in
            let lonely = try tokenSource(microsoft, credentials: [expired])
            let alone = failure(await lonely.token())
            #expect(alone?.kind == .operator && microsoft.tokenCalls.isEmpty)
            #expect(alone?.text.hasPrefix("the certificate in \(file) expired at 2020-09-13 12:26:40") == true)
            let source = try tokenSource(microsoft, credentials: [expired, .secret(Secret("s"))])
            #expect(text(await source.token()) == "token-1" && microsoft.tokenCalls.count == 1)
        }
    }

    /// The platform rotates it: every request reads it anew.
    @Test func aFederatedTokenIsReadForEachRequest() async throws {
        let directory = try TemporaryDirectory()
        let clock = ManualClock()
        let file = try directory.write("token", "first\n")
        try await ScriptedMicrosoft.serve { microsoft in
            let source = try tokenSource(microsoft, credentials: [.federatedTokenFile(file)], clock: clock)
            _ = await source.token()
            try directory.write("token", "  second ")
            clock.advance(.seconds(1801))
            _ = await source.token()
            #expect(microsoft.tokenCalls.map { $0.form.contains("client_assertion=first") } == [true, false])
            #expect(microsoft.tokenCalls[1].form.contains("client_assertion=second"))
        }
    }

    @Test func withoutCredentialsThereIsNoToken() async throws {
        let source = try tokenSource(credentials: [])
        #expect(failure(await source.token())?.text == "no credential is configured")
    }

    @Test func nobodyThereIsPassingTrouble() async throws {
        var nowhere = makeGraph()
        nowhere.loginEndpoint = "http://127.0.0.1:1"
        let source = try TokenSource(
            nowhere, audience: .graph, transport: .init(), clocks: ManualClock().clocks)
        #expect(failure(await source.token())?.kind == .transient)
    }

    // MARK: Applications

    @Test func endpointsOfTheConfigurationStandInForTheClouds() {
        var graph = makeGraph()
        #expect(Application(graph).endpoints.login == "https://login.microsoftonline.com")
        graph.cloud = .china
        #expect(Application(graph).endpoints.graph == "https://microsoftgraph.chinacloudapi.cn")
        graph.graphEndpoint = "http://127.0.0.1:8080/"
        #expect(Application(graph).endpoints.graph == "http://127.0.0.1:8080")
        #expect(Application(graph).clientID == "client-1")
    }
}
