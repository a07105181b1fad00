import MailModel
import SMTPProtocol
import Testing

@Suite struct ClientTransactionTests {
    private static let hello = """
        S: 220 server
        C: EHLO client.test
        S: 250-server
        S: 250-SIZE 1000
        S: 250-PIPELINING
        S: 250-SMTPUTF8
        S: 250 8BITMIME

        """
    private static let helloWithoutPipelining = """
        S: 220 server
        C: EHLO client.test
        S: 250 server

        """
    private static let body = """
        C: Subject: x
        C:
        C: ..dot
        C: .

        """
    private static let group = """
        C: MAIL FROM:<a@x.test> SIZE=18
        C: RCPT TO:<b@x.test>
        C: RCPT TO:<c@x.test>
        C: DATA

        """

    struct Case: Sendable, CustomTestStringConvertible {
        let script: Script
        let reports: [DeliveryReport]
        var testDescription: String { script.name }

        init(_ name: String, _ reports: DeliveryReport..., script: String) {
            self.script = Script(name, script)
            self.reports = reports
        }
    }

    private static func replies(_ first: Reply, _ second: Reply) -> [DeliveryReport.RecipientReply] {
        zip(Envelope.toTwo.recipients, [first, second]).map { .init($0, $1) }
    }

    private static let good = Reply(250, .init(2, 1, 5), "Ok")
    private static let unknown = Reply(550, .init(5, 1, 1), "Unknown")
    private static let later = Reply(450, .init(4, 2, 0), "Later")
    private static let queued = Reply(250, .init(2, 0, 0), "OK <id@server>")
    private static let accepted = DeliveryReport(.accepted(queued), recipients: replies(good, good))

    static let pipelined = [
        Case(
            "accepted", accepted,
            script: hello + """
                E: deliver
                \(group)S: 250 2.1.0 Ok
                S: 250 2.1.5 Ok
                S: 250 2.1.5 Ok
                S: 354 Go
                \(body)S: 250 2.0.0 OK <id@server>
                E: quit
                C: QUIT
                S: 221 Bye
                """),
        Case(
            "one recipient refused",
            DeliveryReport(.accepted(queued), recipients: replies(unknown, good)),
            script: hello + """
                E: deliver
                \(group)S: 250 2.1.0 Ok
                S: 550 5.1.1 Unknown
                S: 250 2.1.5 Ok
                S: 354 Go
                \(body)S: 250 2.0.0 OK <id@server>
                """),
        Case(
            "all refused, and the next message after RSET",
            DeliveryReport(.refused(.recipients, unknown), recipients: replies(unknown, later)), accepted,
            script: hello + """
                E: deliver
                \(group)S: 250 2.1.0 Ok
                S: 550 5.1.1 Unknown
                S: 450 4.2.0 Later
                S: 554 5.5.1 No valid recipients
                E: deliver
                C: RSET
                \(group)S: 250 2.0.0 Ok
                S: 250 2.1.0 Ok
                S: 250 2.1.5 Ok
                S: 250 2.1.5 Ok
                S: 354 Go
                \(body)S: 250 2.0.0 OK <id@server>
                """),
        Case(
            "all refused, and yet 354",
            DeliveryReport(.refused(.recipients, unknown), recipients: replies(unknown, later)),
            script: hello + """
                E: deliver
                \(group)S: 250 2.1.0 Ok
                S: 550 5.1.1 Unknown
                S: 450 4.2.0 Later
                S: 354 Go
                C: .
                S: 554 5.5.1 No valid recipients
                """),
        Case(
            "sender refused", DeliveryReport(.refused(.mail, Reply(550, .init(5, 7, 60), "Not yours"))),
            accepted,
            script: hello + """
                E: deliver
                \(group)S: 550 5.7.60 Not yours
                S: 503 5.5.1 Need MAIL
                S: 503 5.5.1 Need MAIL
                S: 503 5.5.1 Need MAIL
                E: deliver
                \(group)S: 250 2.1.0 Ok
                S: 250 2.1.5 Ok
                S: 250 2.1.5 Ok
                S: 354 Go
                \(body)S: 250 2.0.0 OK <id@server>
                """),
        Case(
            "DATA refused",
            DeliveryReport(.refused(.data, Reply(451, .init(4, 3, 0), "Disk")), recipients: replies(good, good)),
            script: hello + """
                E: deliver
                \(group)S: 250 2.1.0 Ok
                S: 250 2.1.5 Ok
                S: 250 2.1.5 Ok
                S: 451 4.3.0 Disk
                """),
        Case(
            "content refused",
            DeliveryReport(
                .refused(.message, Reply(432, .init(4, 3, 2), "Concurrent connections limit exceeded.")),
                recipients: replies(good, good)), accepted,
            script: hello + """
                E: deliver
                \(group)S: 250 2.1.0 Ok
                S: 250 2.1.5 Ok
                S: 250 2.1.5 Ok
                S: 354 Go
                \(body)S: 432 4.3.2 Concurrent connections limit exceeded.
                E: deliver
                \(group)S: 250 2.1.0 Ok
                S: 250 2.1.5 Ok
                S: 250 2.1.5 Ok
                S: 354 Go
                \(body)S: 250 2.0.0 OK <id@server>
                """),
        Case(
            "what the server cannot take is not offered", DeliveryReport(.tooLarge(limit: 1000)),
            script: hello + """
                E: deliver large
                """),
        Case(
            "parameters",
            DeliveryReport(.refused(.mail, Reply(550, nil, "No"))),
            DeliveryReport(.refused(.mail, Reply(550, nil, "No"))),
            script: hello + """
                E: deliver eight-bit
                C: MAIL FROM:<a@x.test> SIZE=18 BODY=8BITMIME
                C: RCPT TO:<b@x.test>
                C: RCPT TO:<c@x.test>
                C: DATA
                S: 550 No
                S: 503 No
                S: 503 No
                S: 503 No
                E: deliver UTF-8
                C: MAIL FROM:<a@x.test> SIZE=18 BODY=8BITMIME SMTPUTF8
                C: RCPT TO:<b@x.test>
                C: RCPT TO:<c@x.test>
                C: DATA
                S: 550 No
                S: 503 No
                S: 503 No
                S: 503 No
                """),
    ]

    static let oneByOne = [
        Case(
            "accepted, one by one", accepted,
            script: helloWithoutPipelining + """
                E: deliver eight-bit
                C: MAIL FROM:<a@x.test>
                S: 250 2.1.0 Ok
                C: RCPT TO:<b@x.test>
                S: 250 2.1.5 Ok
                C: RCPT TO:<c@x.test>
                S: 250 2.1.5 Ok
                C: DATA
                S: 354 Go
                \(body)S: 250 2.0.0 OK <id@server>
                """),
        Case(
            "sender refused, one by one", DeliveryReport(.refused(.mail, Reply(451, nil, "No"))),
            script: helloWithoutPipelining + """
                E: deliver
                C: MAIL FROM:<a@x.test>
                S: 451 No
                E: quit
                C: QUIT
                """),
        Case(
            "all refused, one by one: no DATA, and RSET before the next",
            DeliveryReport(.refused(.recipients, unknown), recipients: replies(unknown, later)),
            script: helloWithoutPipelining + """
                E: deliver
                C: MAIL FROM:<a@x.test>
                S: 250 2.1.0 Ok
                C: RCPT TO:<b@x.test>
                S: 550 5.1.1 Unknown
                C: RCPT TO:<c@x.test>
                S: 450 4.2.0 Later
                E: deliver
                C: RSET
                S: 250 2.0.0 Ok
                C: MAIL FROM:<a@x.test>
                """),
        Case(
            "UTF-8 not offered", DeliveryReport(.needsUTF8),
            script: helloWithoutPipelining + """
                E: deliver UTF-8
                """),
    ]

    @Test(arguments: pipelined + oneByOne, [Cut.lines, .octets])
    func transaction(_ example: Case, cut: Cut) {
        let harness = ClientHarness.play(example.script, .open, cut: cut)
        #expect(harness.reports == example.reports)
        #expect(harness.failure == nil)
    }

    @Test func addressesBeyondASCIINeedTheExtension() {
        for (capabilities, expected) in [
            ("SMTPUTF8", "MAIL FROM:<jürgen@x.test> SMTPUTF8\r\n"), ("HELP", ""),
        ] {
            var harness = ClientHarness()
            for line in ["220 server", "250-server\r\n250 \(capabilities)"] { harness.feed(line: line) }
            _ = harness.take()
            harness.deliver(.envelope("jürgen@x.test", "b@x.test"))
            #expect(harness.take() == expected)
            #expect(harness.reports == (expected.isEmpty ? [DeliveryReport(.needsUTF8)] : []))
        }
    }

    @Test func theNullSenderAndOddNames() {
        var harness = ClientHarness()
        for line in ["220 server", "250-server\r\n250 PIPELINING"] { harness.feed(line: line) }
        _ = harness.take()
        harness.deliver(.envelope(nil, "\"a b\"@x.test"))
        #expect(harness.take() == "MAIL FROM:<>\r\nRCPT TO:<\"a b\"@x.test>\r\nDATA\r\n")
    }
}
