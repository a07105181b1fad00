import DeliveryPolicy
import EmailLog
import MIME
import MailModel
import Testing

@testable import Postern

/// Which way a message takes is known before anything is attempted.
@Suite struct SendPlannerTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var route: String
        var header = "To: r1@example.org"
        var size = 1000
        var rows = 1
        var via: Path?
        var form: SendChoice.Form
        var fallsBack = false
        var words: [String]

        var testDescription: String { "\(route.prefix(40)) \(header) \(size) \(via?.rawValue ?? "-")" }
    }

    private static let graph = "graph: {tenant: t, client_id: c, client_secret: s, mime_limit: 2MB}"
    private static let smtp = "smtp: {host: mail.test, auth: off}"
    private static let both = "\(graph)\n    \(smtp)"
    private static let uploading =
        "graph: {tenant: t, client_id: c, client_secret: s, mime_limit: 2MB, large: upload}\n    \(smtp)"
    private static let signed = "To: r1@example.org\r\nContent-Type: multipart/signed; boundary=b"
    private static let stranger = "To: someone.else@example.net"

    static let cases: [Case] = [
        Case(route: graph, form: .mimeRequest, words: ["1000 octets", "2000000", "`mime_limit`"]),
        Case(route: both, form: .mimeRequest, words: ["It has 1000 octets"]),
        Case(route: both, size: 2_000_000, form: .mimeRequest, words: ["2000000"]),
        Case(route: both, size: 2_000_001, form: .submission, fallsBack: true, words: ["2000001", "It goes by SMTP"]),
        Case(route: graph, size: 2_000_001, form: .upload, words: ["2000001", "as a draft", "`large: auto`"]),
        Case(route: uploading, size: 2_000_001, form: .upload, words: ["`large: upload`"]),
        Case(
            route: uploading, header: signed, size: 2_000_001, form: .submission, fallsBack: true,
            words: ["it is signed", "by SMTP"]),
        Case(route: graph, header: signed, size: 2_000_001, form: .refused, words: ["signed", "`smtp:` section"]),
        Case(
            route: both, header: stranger, form: .submission, fallsBack: true,
            words: ["not in the envelope", "by SMTP"]),
        Case(route: graph, header: stranger, form: .refused, words: ["`unrepresentable: rewrite`"]),
        Case(
            route: "\(both)\n    unrepresentable: rewrite", header: stranger, form: .mimeRequest,
            words: ["reduced to the envelope"]),
        Case(
            route: "\(both)\n    fallback: {on: [unavailable]}", header: stranger, form: .refused,
            words: ["`fallback.on`"]),
        // The parts of a split message name each other's people, which nothing but rewriting can express.
        Case(route: both, header: stranger, rows: 2, form: .mimeRequest, words: ["reduced"]),
        Case(route: both, header: stranger, via: .smtp, form: .submission, words: ["SMTP only"]),
        Case(route: both, header: stranger, via: .graph, form: .refused, words: ["SMTP"]),
        Case(route: "\(both)\n    primary: smtp", header: stranger, form: .submission, words: ["primary"]),
        Case(route: "\(smtp)\n    primary: smtp", size: 9_000_000, form: .submission, words: ["primary"]),
        Case(route: "\(both)\n    primary: smtp", header: stranger, via: .graph, form: .refused, words: ["SMTP"]),
    ]

    private func planner(_ route: String) throws -> SendPlanner {
        SendPlanner(
            try configuration("routes:\n  - name: contoso\n    senders: [\"*@contoso.com\"]\n    \(route)").routes[0])
    }

    private func message(_ test: Case) -> SendPlanner.Message {
        SendPlanner.Message(
            header: HeaderBlock(parsing: mail("From: ann@contoso.com", test.header, "")), size: test.size,
            envelopes: (1...test.rows).map { _ in Envelope(sender: nil, recipients: addresses(1)) }, via: test.via)
    }

    @Test(arguments: cases) func theChoiceAndItsReason(_ test: Case) throws {
        let choice = try planner(test.route).choose(message(test))
        #expect(choice.form == test.form && choice.fallsBack == test.fallsBack, "\(choice)")
        for words in test.words { #expect(choice.reason.contains(words), "\(choice.reason)") }
        let paths: [SendChoice.Form: Path?] = [
            .mimeRequest: .graph, .upload: .graph, .submission: .smtp, .refused: nil,
        ]
        #expect(paths[test.form] == choice.path)
    }

    /// What an acceptance looks at is exactly the choices that leave the primary.
    @Test(arguments: cases) func aDetourIsAChoiceThatFallsBack(_ test: Case) throws {
        let planner = try planner(test.route)
        let choice = planner.choose(message(test))
        #expect(planner.detour(message(test)) == (choice.fallsBack ? choice : nil))
    }

    @Test func aStoredMessageIsExplained() async throws {
        let directory = try TemporaryDirectory()
        let text =
            "store: \(directory.store)\nroutes:\n  - name: contoso\n    senders: [\"*@contoso.com\"]\n    \(Self.both)"
        let settings = try configuration(text)
        let log = try directory.tool()
        let submission = LocalSubmission(settings, log: log, clocks: ManualClock().clocks)
        let judged = try submission.judge(
            mail("From: ann@contoso.com", Self.stranger, ""), Envelope(sender: ann, recipients: addresses(1)))
        try await submission.accept(judged)
        let row = try #require(try await log.row(judged.ids[0]))
        #expect(row.via == .smtp && row.fellBack && row.errorText == judged.choice.reason)
        #expect(try await SendChoice.made(for: row, isPart: false, in: log, settings) == judged.choice)
        #expect(try await SendChoice.made(for: row, isPart: true, in: log, settings)?.form == .mimeRequest)
        var gone = row
        gone.hasBody = false
        #expect(try await SendChoice.made(for: gone, isPart: false, in: log, settings) == nil)
    }
}
