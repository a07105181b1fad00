import MIME
import MailModel
import Testing

@Suite struct HeaderEditorTests {
    static let top = """
        Received: from app01 ([192.0.2.7]) by relay.contoso.com with ESMTPS id
         01kb00000abcde; Sat, 21 Nov 2026 09:30:00 +0000
        X-Postern-Id: 01kb00000abcde

        """

    /// What every header in the tables has, so that nothing is missing.
    static let basics = "From: app@contoso.com\nDate: Sat, 21 Nov 2026 09:30:00 +0000\nMessage-ID: <1@contoso.com>\n"

    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        var carrier = HeaderEditor.Carrier.header(.refuse)
        let header: String
        let recipients: [String]
        /// Between the trace fields and `basics`.
        var added = ""
        /// Behind `basics`.
        let kept: String
        var testDescription: String { name }
    }

    static let rows: [Row] = [
        Row(
            name: "all named", header: "To: a@x.example\nCc: b@x.example\n",
            recipients: ["a@x.example", "b@x.example"],
            kept: "To: a@x.example\nCc: b@x.example\n"),
        Row(
            name: "case is nothing", header: "To: A@X.Example\n", recipients: ["a@x.example"], kept: "To: A@X.Example\n"
        ),
        Row(
            name: "envelope only", header: "To: a@x.example\n",
            recipients: ["b@x.example", "a@x.example", "c@x.example"],
            added: "Bcc: b@x.example, c@x.example\n", kept: "To: a@x.example\n"),
        Row(
            name: "Bcc is replaced", header: "Bcc: x@x.example\nTo: a@x.example\nbcc: y@x.example\n z@x.example\n",
            recipients: ["a@x.example", "y@x.example"], added: "Bcc: y@x.example\n", kept: "To: a@x.example\n"),
        Row(
            name: "Bcc removed, nobody hidden", header: "Bcc: x@x.example\nTo: a@x.example\n",
            recipients: ["a@x.example"],
            kept: "To: a@x.example\n"),
        Row(
            name: "Resent-Bcc removed, others kept",
            header: "Resent-To: b@x.example\nResent-Bcc: x@x.example\nTo: a@x.example\n",
            recipients: ["a@x.example"], kept: "Resent-To: b@x.example\nTo: a@x.example\n"),
        Row(
            name: "no recipients in the header", header: "Subject: x\n", recipients: ["a@x.example"],
            added: "Bcc: a@x.example\n", kept: "Subject: x\n"),
        Row(
            name: "undisclosed recipients", header: "To: undisclosed-recipients:;\n", recipients: ["a@x.example"],
            added: "Bcc: a@x.example\n", kept: "To: undisclosed-recipients:;\n"),
        Row(
            name: "a name without an @ is harmless", header: "To: All Staff\n", recipients: ["a@x.example"],
            added: "Bcc: a@x.example\n", kept: "To: All Staff\n"),
        Row(
            name: "@ in a display name", header: "To: a@x.example <a@x.example>\n", recipients: ["a@x.example"],
            kept: "To: a@x.example <a@x.example>\n"),
        Row(
            name: "oddly written, so named twice", header: "To: Ann a@x.example\n", recipients: ["a@x.example"],
            added: "Bcc: a@x.example\n", kept: "To: Ann a@x.example\n"),
        Row(
            name: "behind a line that is no field", header: "rubbish\nTo: a@x.example\n", recipients: ["a@x.example"],
            added: "Bcc: a@x.example\n", kept: "rubbish\nTo: a@x.example\n"),
        Row(
            name: "a foreign marker",
            header: "X-Postern-Id: forged\nx-postern-id: twice\nX-Postern-Priority: bulk\nTo: a@x.example\n",
            recipients: ["a@x.example"], kept: "X-Postern-Priority: bulk\nTo: a@x.example\n"),
        Row(
            name: "everything else as it came",
            header:
                "Received: from x\n\tby y; z\nsubject:no blank\nX-Odd :  two  blanks \t\nAuto-Submitted: auto-generated\nTo: \"x\"\n <a@x.example>\n",
            recipients: ["a@x.example"],
            kept:
                "Received: from x\n\tby y; z\nsubject:no blank\nX-Odd :  two  blanks \t\nAuto-Submitted: auto-generated\nTo: \"x\"\n <a@x.example>\n"
        ),
        Row(
            name: "quoted in Bcc", header: "", recipients: [#""a b"@x.example"#, "root@[192.0.2.1]"],
            added: "Bcc: \"a b\"@x.example, root@[192.0.2.1]\n", kept: ""),
        Row(
            name: "by envelope: Bcc removed, strangers left", carrier: .envelope,
            header: "To: stranger@x.example\nBcc: b@x.example\nCc: \"open@x.example\n", recipients: ["b@x.example"],
            kept: "To: stranger@x.example\nCc: \"open@x.example\n"),
        Row(
            name: "rewrite: nothing to do", carrier: .header(.rewrite), header: "To: Ann <a@x.example>\n",
            recipients: ["a@x.example"], kept: "To: Ann <a@x.example>\n"),
        Row(
            name: "rewrite: reduced", carrier: .header(.rewrite),
            header: "To: =?utf-8?Q?=C3=84nn?= <a@x.example>,\n stranger@x.example\nCc: b@x.example\n",
            recipients: ["a@x.example", "b@x.example", "c@x.example"], added: "Bcc: c@x.example\n",
            kept:
                "To: =?utf-8?Q?=C3=84nn?= <a@x.example>\nX-Original-To: =?utf-8?Q?=C3=84nn?= <a@x.example>,\n stranger@x.example\nCc: b@x.example\n"
        ),
        Row(
            name: "rewrite: nobody left", carrier: .header(.rewrite),
            header: "To: stranger@x.example\nCc: other@x.example\n",
            recipients: ["a@x.example"], added: "Bcc: a@x.example\n",
            kept: "X-Original-To: stranger@x.example\nX-Original-Cc: other@x.example\n"),
        Row(
            name: "rewrite: a riddle", carrier: .header(.rewrite), header: "Cc: a@x.example, b@c@x.example\n",
            recipients: ["a@x.example"], kept: "Cc: a@x.example\nX-Original-Cc: a@x.example, b@c@x.example\n"),
    ]

    @Test(arguments: rows) func edits(_ row: Row) {
        let header = HeaderBlock(parsing: (Self.basics + row.header + "\nbody").wire)
        let envelope = Envelope(sender: nil, recipients: row.recipients.map(address))
        guard case .header(let bytes) = editor(row.carrier).edit(header, for: envelope) else {
            Issue.record("unrepresentable")
            return
        }
        #expect(lines(bytes) == Self.top + row.added + Self.basics + row.kept + "\n")
    }

    static let unrepresentable: [(String, extraneous: [String], unreadable: [String])] = [
        ("To: s@x.example\n", ["s@x.example"], []),
        ("To: a@x.example, S <s@x.example>\nCc: T@x.example, s@X.example\n", ["s@x.example", "t@x.example"], []),
        ("To: Group: a@x.example, s@x.example;\n", ["s@x.example"], []),
        ("To: b@c@x.example\n", [], ["b@c@x.example"]),
        ("To: =?utf-8?Q?s=40x.example?=\n", [], ["=?utf-8?Q?s=40x.example?="]),
        ("Cc: a@x.example, \"s@x.example\n", [], ["\"s@x.example"]),
        ("To: <s@x.example>, a@x.example b@x.example\n", ["s@x.example"], ["a@x.example b@x.example"]),
        ("rubbish\nTo: s@x.example\n", ["s@x.example"], []),
        ("To : s@x.example\n", ["s@x.example"], []),
        ("To:\n s@x.example\n", ["s@x.example"], []),
    ]

    @Test(arguments: unrepresentable) func refuses(_ row: (String, extraneous: [String], unreadable: [String])) {
        let header = HeaderBlock(parsing: (Self.basics + row.0 + "\n").wire)
        let result = editor(.header(.refuse)).edit(header, for: envelope("a@x.example"))
        #expect(result == .unrepresentable(extraneous: row.extraneous.map(address), unreadable: row.unreadable))
    }

    /// With `.rewrite` and with an envelope the same messages go out.
    @Test(arguments: unrepresentable) func delivers(_ row: (String, extraneous: [String], unreadable: [String])) {
        let header = HeaderBlock(parsing: (Self.basics + row.0 + "\n").wire)
        for carrier in [HeaderEditor.Carrier.header(.rewrite), .envelope] {
            guard case .header(let bytes) = editor(carrier).edit(header, for: envelope("a@x.example")) else {
                Issue.record("unrepresentable")
                continue
            }
            let named = MessageSummary(of: HeaderBlock(parsing: bytes)).recipients
            #expect(carrier == .envelope || named == [address("a@x.example")])
        }
    }

    static let gaps: [(String, String)] = [
        (
            "",
            "Message-ID: <01kb00000abcde@relay.contoso.com>\nDate: Sat, 21 Nov 2026 09:30:00 +0000\nFrom: app@contoso.com\n"
        ),
        ("message-id: <2@x>\nDATE: now\n", "From: app@contoso.com\n"),
        (
            "From: x@contoso.com\nDate: \n",
            "Message-ID: <01kb00000abcde@relay.contoso.com>\nDate: Sat, 21 Nov 2026 09:30:00 +0000\n"
        ),
        ("From:\nMessage-ID: <2@x>\nDate: x\n", "From: app@contoso.com\n"),
    ]

    @Test(arguments: gaps) func fillsGaps(_ row: (String, String)) {
        let header = HeaderBlock(parsing: (row.0 + "To: a@x.example\n\n").wire)
        guard case .header(let bytes) = editor(.envelope).edit(header, for: envelope("a@x.example")) else { return }
        let present = row.0.split(separator: "\n").filter { !$0.hasSuffix(":") && !$0.hasSuffix(": ") }.map {
            $0 + "\n"
        }
        #expect(lines(bytes) == Self.top + row.1 + present.joined() + "To: a@x.example\n\n")
    }

    /// A message without a header, or one that ends in it, gets an empty line all the same.
    @Test(arguments: ["", "Hello world\n", "To: a@x.example", "To: a@x.example\n", "From x@y Sat\nTo: a@x.example\n\n"])
    func endsWithAnEmptyLine(_ text: String) {
        let header = HeaderBlock(parsing: text.wire)
        guard case .header(let bytes) = editor(.envelope).edit(header, for: envelope("a@x.example")) else { return }
        let again = HeaderBlock(parsing: bytes)
        #expect(again.isComplete)
        #expect(again.bodyOffset == bytes.count)
        #expect(!String(bytes.dropLast(2)).hasSuffix("\r\n\r\n"))
        #expect(again.fields.count { $0.isNamed("To") } == (text.contains("To:") ? 1 : 0))
    }

    @Test func manyHiddenRecipientsStayWithinLines() throws {
        let people = (0..<1000).map { "recipient.number.\($0)@subsidiary\($0 % 10).contoso.com" }
        let header = HeaderBlock(parsing: (Self.basics + "\n").wire)
        let everybody = Envelope(sender: nil, recipients: people.map(address))
        guard case .header(let bytes) = editor(.header(.refuse)).edit(header, for: everybody) else { return }
        #expect(String(bytes).split(separator: "\r\n").allSatisfy { $0.utf8.count <= 78 })
        #expect(MessageSummary(of: HeaderBlock(parsing: bytes)).bcc.map(\.address) == everybody.recipients)
    }
}

@Suite struct NamesOfNobodyTests {
    private let message = "From: app@contoso.com\nTo: root, a@x.example\n\n"

    @Test func whatNamesNobodyIsLeftForTheFarSideToJudge() {
        let edited = editor(.header(.refuse)).edit(HeaderBlock(parsing: message.wire), for: envelope("a@x.example"))
        guard case .header(let bytes) = edited else { return #expect(Bool(false), "refused") }
        #expect(lines(bytes).contains("To: root, a@x.example\n"))
    }

    @Test func whatNamesNobodyIsRewrittenAwayWhereThatIsAllowed() {
        let edited = editor(.header(.rewrite)).edit(HeaderBlock(parsing: message.wire), for: envelope("a@x.example"))
        guard case .header(let bytes) = edited else { return #expect(Bool(false), "refused") }
        #expect(lines(bytes).contains("To: a@x.example\nX-Original-To: root, a@x.example\n"))
    }
}
