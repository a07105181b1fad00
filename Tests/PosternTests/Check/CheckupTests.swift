import EmailLog
import MailModel
import Testing

@testable import Postern

/// `postern check` as a whole: what is looked at in which order, for whom, and what is sent.
@Suite(.timeLimit(.minutes(1))) struct CheckupTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func settings(_ microsoft: ScriptedMicrosoft? = nil) throws -> Configuration {
        var settings = try configuration("store: \(directory.store)\nsmtp: [{listen: 127.0.0.1:0}]\n\(Desk.routes)")
        settings.routes.removeLast()
        settings.routes[0].graph = makeGraph(microsoft)
        return settings
    }

    private func run(_ checkup: Checkup) async -> [CheckItem] {
        var items: [CheckItem] = []
        await checkup.run { items.append($0) }
        return items
    }

    private static let ready: ScriptedMicrosoft.Script = { call, _ in
        call.isToken
            ? ScriptedMicrosoft.token("t") : ScriptedMicrosoft.graphError(400, "ErrorMimeContentInvalidBase64String")
    }

    @Test func fromTheGroundUp() async throws {
        let log = try directory.service()
        try await log.pause(
            LanePause(route: "contoso", mailbox: nil, path: .graph, since: noon, until: after(60), reason: "slow"))
        try await log.close()
        try await ScriptedMicrosoft.serve(Self.ready) { microsoft in
            let checkup = Checkup(try settings(microsoft), sender: ann, clocks: ManualClock().clocks)
            let items = await run(checkup)
            let names = [
                "configuration", "store", "disk", "service", "listener", "connect", "token", "roles", "graph", "pause",
            ]
            #expect(items.map(\.name) == names && items.allSatisfy { $0.fault == nil }, "\(items)")
        }
    }

    @Test func whatCannotBeUsedIsNamed() async throws {
        var broken = try settings()
        broken.routes[0].graph?.credentials = [.certificate(file: "/nowhere/app.pem", password: nil)]
        broken.routes[0].graph?.loginEndpoint = "http://127.0.0.1:9"
        let first = try #require(await run(Checkup(broken, patience: .seconds(1))).first)
        #expect(first.fault == .configuration && first.text.contains("/nowhere/app.pem"))
    }

    @Test func aSenderThatNoRouteTakes() async throws {
        var broken = try settings()
        broken.routes[0].graph?.loginEndpoint = "http://127.0.0.1:9"
        broken.routes[0].graph?.graphEndpoint = "http://127.0.0.1:9"
        let stranger = Checkup(broken, sender: address("x@stranger.org"), patience: .seconds(1))
        let first = try #require(await run(stranger).first)
        #expect(first.fault == .configuration && first.text.contains("x@stranger.org"))
    }

    // MARK: Whose mail

    struct Case: Sendable {
        var sender: String?
        var route: String
        /// Sender and mailbox.
        var party: [String?]?
    }

    private static let routes = """
        routes:
          - name: own
            senders: ["*@own.test"]
            graph: {tenant: t, client_id: c, client_secret: s}
          - name: named
            senders: ["*@x.test", "app@named.test"]
            graph: {tenant: t, client_id: c, client_secret: s}
          - name: shared
            senders: ["*@shared.test"]
            mailbox: noreply@elsewhere.test
            graph: {tenant: t, client_id: c, client_secret: s}
          - name: rules
            senders: ["*@rules.test"]
            mailboxes: {"*@rules.test": box@rules.test}
            graph: {tenant: t, client_id: c, client_secret: s}
        """

    @Test(arguments: [
        Case(sender: nil, route: "own", party: nil),
        Case(sender: "a@own.test", route: "own", party: ["a@own.test", "a@own.test"]),
        Case(sender: "a@own.test", route: "named", party: ["app@named.test", "app@named.test"]),
        Case(sender: nil, route: "shared", party: [nil, "noreply@elsewhere.test"]),
        Case(sender: "a@shared.test", route: "shared", party: ["a@shared.test", "noreply@elsewhere.test"]),
        Case(sender: nil, route: "rules", party: ["box@rules.test", "box@rules.test"]),
    ])
    func parties(_ item: Case) throws {
        let settings = try configuration(Self.routes)
        let checkup = Checkup(settings, sender: item.sender.map(address))
        let route = try #require(settings.routes.first { $0.name == item.route })
        let party = checkup.party(of: route)
        #expect(party.map { [$0.sender?.description, $0.mailbox.description] } == item.party)
    }

    // MARK: Sending

    private func sent(_ checkup: Checkup) async -> [CheckItem] {
        var items: [CheckItem] = []
        await checkup.send(to: address("ops@example.org")) { items.append($0) }
        return items
    }

    @Test func aTestMessageGoesByEachPath() async throws {
        try await ScriptedMicrosoft.serve { microsoft in
            try await ScriptedHost.serve { host, port in
                var settings = try settings(microsoft)
                var smtp = SubmissionHost(host: "localhost")
                (smtp.port, smtp.tls, smtp.authentication) = (port, .off, .off)
                settings.routes[0].smtp = smtp
                let items = await sent(Checkup(settings, sender: ann, clocks: ManualClock().clocks))
                #expect(items.map(\.name) == ["send graph", "send smtp"] && items.allSatisfy { $0.verdict == .ok })
                #expect(microsoft.mailCalls.count == 1 && host.taken.count == 1)
                #expect(host.taken[0].envelope == Envelope(sender: ann, recipients: [address("ops@example.org")]))
                #expect(text(host.taken[0].bytes).contains("Subject: Test message by smtp\r\n"))
            }
        }
    }

    @Test(arguments: [
        (403, "ErrorQuotaExceeded", CheckItem.Fault.refused, "mailbox is full"),
        (403, "ErrorSendAsDenied", .other, "Send As"),
        (429, "ApplicationThrottled", .unavailable, ""),
    ])
    func whatOnlyAMessageShows(_ status: Int, _ code: String, _ fault: CheckItem.Fault, _ advice: String) async throws {
        try await ScriptedMicrosoft.serve { call, _ in
            call.isToken ? ScriptedMicrosoft.token("t") : ScriptedMicrosoft.graphError(status, code)
        } _: { microsoft in
            let items = await sent(Checkup(try settings(microsoft), sender: ann, clocks: ManualClock().clocks))
            #expect(items.map(\.fault) == [fault] && items[0].text.contains(code))
            if !advice.isEmpty { #expect(items[0].advice?.contains(advice) == true) }
        }
    }

    @Test func nobodyToSendAs() async throws {
        let items = await sent(Checkup(try settings(), clocks: ManualClock().clocks))
        #expect(items.map(\.verdict) == [.warning] && items[0].name == "send graph")
    }
}
