import GraphProtocol
import HTTPTransport
import Logging
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
            #expect(text(await source.token()) == "token-1")
            await source.renewal?.value
            #expect(text(await source.token()) == "token-2" && microsoft.tokenCalls.count == 2)
            #expect(await source.held?.token.text == "token-2")
        }
    }

    /// Nobody waits for an endpoint that takes its time, as long as there is a token that works.
    @Test func theOldTokenIsUsedWhileTheNextIsFetched() async throws {
        let (clock, endpointIsReady) = (ManualClock(), Signal())
        try await ScriptedMicrosoft.serve { _, number in
            if number == 2 { await endpointIsReady.wait() }
            return ScriptedMicrosoft.token("token-\(number)")
        } _: { microsoft in
            let source = try tokenSource(microsoft, clock: clock)
            _ = await source.token()
            clock.advance(.seconds(1801))
            for _ in 0..<20 { #expect(text(await source.token()) == "token-1") }
            endpointIsReady.raise()
            await source.renewal?.value
            #expect(text(await source.token()) == "token-2" && microsoft.tokenCalls.count == 2)
        }
    }

    /// What expires meanwhile is not used: whoever asks then waits for the request under way.
    @Test func aRenewalThatOutlivesTheTokenIsWaitedFor() async throws {
        let (clock, endpointIsReady) = (ManualClock(), Signal())
        try await ScriptedMicrosoft.serve { _, number in
            if number == 2 { await endpointIsReady.wait() }
            return ScriptedMicrosoft.token("token-\(number)")
        } _: { microsoft in
            let source = try tokenSource(microsoft, clock: clock)
            _ = await source.token()
            clock.advance(.seconds(1801))
            _ = await source.token()
            clock.advance(.seconds(1800))
            async let late = source.token()
            endpointIsReady.raise()
            #expect(text(await late) == "token-2" && microsoft.tokenCalls.count == 2)
        }
    }

    @Test func aFailedRenewalLeavesTheOldToken() async throws {
        let clock = ManualClock()
        try await ScriptedMicrosoft.serve { _, number in
            number == 1 ? ScriptedMicrosoft.token("token-1") : .status(503)
        } _: { microsoft in
            let recorder = LogRecorder()
            let source = try tokenSource(microsoft, clock: clock, logger: recorder.logger)
            _ = await source.token()
            clock.advance(.seconds(1801))
            #expect(text(await source.token()) == "token-1")
            await source.renewal?.value
            #expect(text(await source.token()) == "token-1" && microsoft.tokenCalls.count == 2)
            #expect(recorder.sentences == ["new token", "no new token, the old one is used until it ends"])
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
            let recorder = LogRecorder()
            let source = try tokenSource(microsoft, credentials: both, logger: recorder.logger)
            #expect(text(await source.token()) == "by-new")
            #expect(microsoft.tokenCalls.count == 2)
            #expect(recorder.sentences == ["credential refused, the next is tried", "new token"])
            #expect(recorder.lines.map { $0.metadata["credential"]?.description } == ["1", "2"])
        }
    }

    /// Whether it was refused as such or as too old: where a new assertion may help, another credential may as well.
    @Test(arguments: [700_027, 700_024, 500_133]) func everyKindOfRefusalLeadsToTheNextCredential(_ code: Int)
        async throws
    {
        try await ScriptedMicrosoft.serve { call, _ in
            call.form.contains("client_secret=old")
                ? ScriptedMicrosoft.refusedToken(code) : ScriptedMicrosoft.token("by-new")
        } _: { microsoft in
            let source = try tokenSource(microsoft, credentials: both)
            #expect(text(await source.token()) == "by-new")
        }
    }

    /// Made anew once, each after the other: then it is an operator's matter.
    @Test func assertionsThatAreRefusedTwiceAreLeftAlone() async throws {
        try await ScriptedMicrosoft.serve { _, _ in
            ScriptedMicrosoft.refusedToken(700_024)
        } _: { microsoft in
            let source = try tokenSource(microsoft, credentials: both)
            #expect(failure(await source.token())?.kind == .newAssertionOnce)
            #expect(microsoft.tokenCalls.map { $0.form.contains("client_secret=old") } == [true, false, true, false])
        }
    }

    // MARK: A doubt

    @Test func aDoubtedTokenIsUsedUntilAnotherIsThere() async throws {
        let endpointIsReady = Signal()
        try await ScriptedMicrosoft.serve { _, number in
            if number == 2 { await endpointIsReady.wait() }
            return ScriptedMicrosoft.token("token-\(number)")
        } _: { microsoft in
            let source = try tokenSource(microsoft)
            let held = try await source.token().get()
            async let other = source.alternative(to: held)
            while microsoft.tokenCalls.count < 2 { await Task.yield() }
            #expect(text(await source.token()) == "token-1", "another mailbox goes on")
            endpointIsReady.raise()
            #expect((await other).flatMap(text) == "token-2")
            #expect(text(await source.token()) == "token-2")
            #expect(await source.alternative(to: try source.token().get()) == nil, "once is enough")
        }
    }

    @Test func aDoubtThatBringsNothingLeavesTheToken() async throws {
        try await ScriptedMicrosoft.serve { _, number in
            number == 1 ? ScriptedMicrosoft.token("token-1") : .status(503)
        } _: { microsoft in
            let source = try tokenSource(microsoft)
            let held = try await source.token().get()
            #expect(await source.alternative(to: held) == nil)
            #expect(text(await source.token()) == "token-1")
        }
    }

    // MARK: A reload

    private static func knows(_ secret: String) -> ScriptedMicrosoft.Script {
        { call, number in
            call.form.contains("client_secret=\(secret)")
                ? ScriptedMicrosoft.token("token-\(number)") : ScriptedMicrosoft.refusedToken(7_000_215)
        }
    }

    private func successor(
        to old: TokenSource, _ microsoft: ScriptedMicrosoft, secret: String, clock: ManualClock = ManualClock(),
        logger: Logger = silence
    ) async throws -> TokenSource {
        let source = try tokenSource(
            microsoft, credentials: [.secret(Secret(secret))], clock: clock, logger: logger)
        await source.takeOver(from: old)
        return source
    }

    /// It is asked at once, with or without mail.
    @Test func aTokenInHandIsUsedUntilTheNewCredentialHasBroughtAnother() async throws {
        let endpointIsReady = Signal()
        try await ScriptedMicrosoft.serve { _, number in
            if number == 2 { await endpointIsReady.wait() }
            return ScriptedMicrosoft.token("token-\(number)")
        } _: { microsoft in
            let old = try tokenSource(microsoft)
            _ = await old.token()
            let new = try await successor(to: old, microsoft, secret: "s2")
            #expect(text(await new.token()) == "token-1")
            endpointIsReady.raise()
            await new.renewal?.value
            #expect(text(await new.token()) == "token-2")
            #expect(microsoft.tokenCalls.map { $0.form.contains("client_secret=s2") } == [false, true])
            #expect(text(await old.token()) == "token-2", "an attempt under way still asks the old one")
        }
    }

    @Test func aNewCredentialThatIsRefusedLeavesTheTokenAndIsTold() async throws {
        try await ScriptedMicrosoft.serve(Self.knows("s1")) { microsoft in
            let (recorder, clock) = (LogRecorder(), ManualClock())
            let old = try tokenSource(microsoft, clock: clock)
            _ = await old.token()
            let new = try await successor(to: old, microsoft, secret: "s2", clock: clock, logger: recorder.logger)
            await new.renewal?.value
            #expect(text(await new.token()) == "token-1")
            #expect(recorder.sentences == ["no new token, the old one is used until it ends"])
            clock.advance(.seconds(3301))
            #expect(failure(await new.token())?.codes == [7_000_215])
        }
    }

    /// With whatever a request came to that was under way.
    @Test func whoWaitsForTheOldCredentialGetsATokenByTheNew() async throws {
        let secretIsGone = Signal()
        try await ScriptedMicrosoft.serve { call, number in
            guard call.form.contains("client_secret=s1") else { return ScriptedMicrosoft.token("token-\(number)") }
            await secretIsGone.wait()
            return ScriptedMicrosoft.refusedToken(7_000_215)
        } _: { microsoft in
            let old = try tokenSource(microsoft)
            async let waiting = old.token()
            while microsoft.tokenCalls.isEmpty { await Task.yield() }
            let new = try await successor(to: old, microsoft, secret: "s2")
            secretIsGone.raise()
            #expect(text(await waiting) == "token-2")
            #expect(text(await new.token()) == "token-2" && microsoft.tokenCalls.count == 2)
        }
    }

    @Test func refusalsAreNumberedOverReloads() async throws {
        try await ScriptedMicrosoft.serve { microsoft in
            let old = try tokenSource(microsoft)
            let first = try await old.token().get()
            let new = try await successor(to: old, microsoft, secret: "s2")
            await new.renewal?.value
            #expect(text(await old.replacement(for: first, words: "no")) == "token-2", "a late word about the first")
            #expect(microsoft.tokenCalls.count == 2)
            let second = try await new.token().get()
            #expect(text(await old.replacement(for: second, words: "no")) == "token-3")
        }
    }

    @Test func aFailureOfTheOldCredentialsIsForgotten() async throws {
        try await ScriptedMicrosoft.serve(Self.knows("s2")) { microsoft in
            let old = try tokenSource(microsoft)
            #expect(failure(await old.token())?.kind == .operator)
            let new = try await successor(to: old, microsoft, secret: "s2")
            #expect(text(await new.token()) == "token-2", "at the same instant")
        }
    }

    @Test func theTokenOfAnotherApplicationIsNone() async throws {
        try await ScriptedMicrosoft.serve { microsoft in
            let old = try tokenSource(microsoft, audience: .exchangeSMTP)
            _ = await old.token()
            let new = try await successor(to: old, microsoft, secret: "s1")
            #expect(await new.held == nil)
            #expect(text(await old.token()) == "token-1")
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
            await source.renewal?.value
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
            nowhere, audience: .graph, transport: .init(), clocks: ManualClock().clocks, logger: silence)
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
