import DeliveryPolicy
import GraphProtocol
import HTTPTransport
import MailModel
import Testing

@testable import Postern

/// Token, roles, and what Graph says of a mailbox.
@Suite(.timeLimit(.minutes(1))) struct GraphCheckTests {
    private static let ready = ScriptedMicrosoft.graphError(400, "ErrorMimeContentInvalidBase64String")

    private func items(
        sender: Address? = ann, patience: Duration = .seconds(15), unreached: Bool = false,
        exactlyOnce: ExactlyOnce = .off, large: SendPlan.Large = .auto,
        shadow: TrialSettings.Shadow? = nil, _ script: @escaping ScriptedMicrosoft.Script
    ) async throws -> [CheckItem] {
        try await ScriptedMicrosoft.serve(script) { microsoft in
            var settings = try configuration(Desk.routes)
            settings.routes[0].graph = makeGraph(microsoft)
            settings.routes[0].graph?.exactlyOnce = exactlyOnce
            settings.routes[0].graph?.large = large
            settings.routes[0].trial = shadow.map { TrialSettings(mode: .shadow, shadow: $0) }
            let clocks = ManualClock().clocks
            let checkup = Checkup(settings, sender: sender, clocks: clocks, patience: patience)
            var way = NetworkCheck(patience: patience, transport: HTTPTransport(), clocks: clocks)
            if unreached {
                settings.routes[0].graph?.graphEndpoint = "http://127.0.0.1:9"
                settings.routes[0].graph?.loginEndpoint = "http://127.0.0.1:9"
                for place in settings.places { _ = await way.items(place) }
            }
            return await checkup.graphItems(settings.routes[0], way)
        }
    }

    private func answering(_ answer: ScriptedMicrosoft.Answer) -> ScriptedMicrosoft.Script {
        { call, _ in call.isToken ? ScriptedMicrosoft.token("t0ken") : answer }
    }

    @Test func allIsWell() async throws {
        let items = try await items { call, _ in
            guard !call.isToken else { return ScriptedMicrosoft.token("t0ken") }
            #expect(call.path.hasSuffix("/users/ann@contoso.com/sendMail") && call.message == nil)
            return Self.ready
        }
        #expect(items.map(\.name) == ["token", "roles", "graph"] && items.allSatisfy { $0.verdict == .ok })
        #expect(!"\(items)".contains("t0ken"))
    }

    @Test(arguments: [
        (ready, CheckItem.Verdict.ok, "permitted", nil as String?),
        (
            ScriptedMicrosoft.graphError(403, "ErrorAccessDenied"), .failed(.refused), "ErrorAccessDenied",
            "Mail.ReadWrite"
        ),
        (ScriptedMicrosoft.graphError(429, "ApplicationThrottled"), .warning, "ApplicationThrottled", nil),
        (.hangUp, .failed(.unavailable), "127.0.0.1", nil),
    ])
    func whatUploadsNeed(
        _ answer: ScriptedMicrosoft.Answer, _ verdict: CheckItem.Verdict, _ words: String, _ advice: String?
    ) async throws {
        let items = try await items(large: .upload) { call, _ in
            guard !call.isToken else { return ScriptedMicrosoft.token("t0ken") }
            return call.path.hasSuffix("/messages") ? answer : Self.ready
        }
        let found = try #require(items.last)
        #expect(found.name == "large" && found.verdict == verdict && found.text.contains(words), "\(found)")
        if let advice { #expect(found.advice?.contains(advice) == true, "\(found)") }
    }

    /// Only a shadow that makes drafts needs more than the leave to send.
    @Test(
        arguments: [
            (TrialSettings.Shadow.draft, ready, CheckItem.Verdict.ok), (.draft, denied, .failed(.refused)),
            (.render, denied, nil), (.redirect(ann), denied, nil),
        ] as [(TrialSettings.Shadow, ScriptedMicrosoft.Answer, CheckItem.Verdict?)])
    func whatAShadowNeeds(
        _ shadow: TrialSettings.Shadow, _ answer: ScriptedMicrosoft.Answer, _ verdict: CheckItem.Verdict?
    ) async throws {
        let items = try await items(shadow: shadow) { call, _ in
            guard !call.isToken else { return ScriptedMicrosoft.token("t0ken") }
            return call.path.hasSuffix("/messages") ? answer : Self.ready
        }
        let found = items.first { $0.name == "shadow" }
        #expect(found?.verdict == verdict)
        if case .failed = verdict { #expect(found?.advice?.contains("shadow: render") == true) }
    }

    struct Case: Sendable {
        var answer: ScriptedMicrosoft.Answer
        var verdict: CheckItem.Verdict
        var words: String
        var advice: String?
    }

    @Test(arguments: [
        Case(
            answer: ScriptedMicrosoft.graphError(403, "ErrorAccessDenied"), verdict: .failed(.refused),
            words: "ErrorAccessDenied", advice: "Mail.Send"),
        Case(
            answer: ScriptedMicrosoft.graphError(404, "ErrorInvalidUser"), verdict: .failed(.refused),
            words: "ErrorInvalidUser", advice: "no such mailbox"),
        Case(
            answer: ScriptedMicrosoft.graphError(401, "InvalidAuthenticationToken"), verdict: .failed(.refused),
            words: "InvalidAuthenticationToken"),
        Case(answer: .status(503), verdict: .failed(.unavailable), words: "503"),
        Case(
            answer: ScriptedMicrosoft.graphError(429, "ApplicationThrottled"), verdict: .warning,
            words: "ApplicationThrottled"),
        Case(
            answer: ScriptedMicrosoft.graphError(400, "SomethingElse"), verdict: .warning,
            words: "otherwise than expected", advice: "--send-to"),
        Case(answer: .hangUp, verdict: .failed(.unavailable), words: "127.0.0.1"),
    ])
    func graphsAnswers(_ item: Case) async throws {
        let found = try #require(try await items(answering(item.answer)).last)
        #expect(found.name == "graph" && found.subject == "ann@contoso.com")
        #expect(found.verdict == item.verdict && found.text.contains(item.words), "\(found)")
        if let advice = item.advice { #expect(found.advice?.contains(advice) == true, "\(found)") }
    }

    @Test(arguments: [(7_000_222, CheckItem.Fault.refused, "expired"), (90033, .unavailable, "passing")])
    func noToken(_ code: Int, _ fault: CheckItem.Fault, _ word: String) async throws {
        let items = try await items { _, _ in ScriptedMicrosoft.refusedToken(code) }
        #expect(items.map(\.name) == ["token"] && items[0].fault == fault)
        #expect(items[0].text.hasPrefix("AADSTS\(code): ") && items[0].advice?.isEmpty == false)
    }

    @Test func anEndpointThatSaysNothing() async throws {
        let items = try await items(patience: .milliseconds(50)) { _, _ in
            try? await Task.sleep(for: .seconds(60))
            return .hangUp
        }
        #expect(items.map(\.fault) == [.unavailable] && items[0].text.contains("no answer within 50ms"))
    }

    @Test func whatIsNotReachedIsNotAskedForATokenToo() async throws {
        let items = try await items(unreached: true) { _, _ in
            Issue.record("nobody was to be asked")
            return .hangUp
        }
        #expect(items.map(\.verdict) == [.warning] && items[0].text.contains("http://127.0.0.1:9 is not reached"))
    }

    /// The token is looked at all the same.
    @Test func nobodyToAskAbout() async throws {
        let items = try await items(sender: nil, answering(Self.ready))
        #expect(items.map(\.verdict) == [.ok, .ok, .warning] && items[2].advice?.contains("--mailbox") == true)
    }

    // MARK: exactly_once

    private static let denied = ScriptedMicrosoft.graphError(403, "ErrorAccessDenied")

    /// What it needs beside the leave to send is asked for as well, by a request that does nothing.
    @Test(arguments: [
        (ExactlyOnce.lookup, "GET", "/messages?$select=id&$top=1", "Mail.Read:"),
        (.draft, "POST", "/messages", "Mail.ReadWrite:"),
    ])
    func thePermissionOfExactlyOnce(
        _ mode: ExactlyOnce, _ method: String, _ place: String, _ role: String
    ) async throws {
        for isGranted in [true, false] {
            let items = try await items(exactlyOnce: mode) { call, _ in
                if call.isToken { return ScriptedMicrosoft.token("t0ken") }
                guard call.method == method, call.path.hasSuffix(place) else { return Self.ready }
                if !isGranted { return Self.denied }
                return mode == .lookup ? .status(200, [:], #"{"value":[]}"#) : Self.ready
            }
            #expect(items.map(\.name) == ["token", "roles", "graph", mode.rawValue])
            let item = try #require(items.last)
            #expect(item.subject == "ann@contoso.com" && item.verdict == (isGranted ? .ok : .failed(.refused)))
            #expect(item.advice?.contains(role) ?? isGranted, "\(item)")
        }
    }

    @Test func whatElseIsWrongIsSaidAsItIs() async throws {
        let items = try await items(exactlyOnce: .lookup) { call, _ in
            call.isToken ? ScriptedMicrosoft.token("t0ken") : call.method == "GET" ? .status(503) : Self.ready
        }
        #expect(items.last?.name == "lookup" && items.last?.fault == .unavailable)
    }

    /// Without a mailbox to ask about, the token is all there is.
    @Test func withoutAMailboxTheTokenIsAsked() async throws {
        let items = try await items(sender: nil, exactlyOnce: .draft, answering(Self.ready))
        #expect(items.last?.name == "draft" && items.last?.verdict == .warning)
    }
}
