import MailModel
import Testing

@testable import PosternCommands

/// From arguments and text to envelope and message, at `relay.contoso.com` by the account `www`.
@Suite struct SendmailComposerTests {
    private func compose(_ arguments: [String], _ text: String = "Subject: x\n\nhi\n") throws -> SendmailComposer.Mail {
        var input = SendmailInput(endsAtDot: true)
        input.take(text.utf8)
        input.finish()
        let composer = SendmailComposer(hostname: "relay.contoso.com", account: "www")
        return try composer.compose(SendmailArguments(parsing: arguments), input.content)
    }

    // MARK: The envelope

    @Test(arguments: [
        ([], "www@relay.contoso.com" as String?), (["-f", "ann@contoso.com"], "ann@contoso.com"),
        (["-f", "root"], "root@relay.contoso.com"), (["-f", "Ann Lee <ann@contoso.com>"], "ann@contoso.com"),
        (["-f", "<ann@contoso.com>"], "ann@contoso.com"), (["-f", ""], nil), (["-f", "<>"], nil),
    ])
    func senders(_ arguments: [String], _ sender: String?) throws {
        #expect(try compose(arguments + ["x@y.z"]).envelope.sender?.description == sender)
    }

    struct To: Sendable {
        let arguments: [String]
        let header: String
        let recipients: [String]
    }

    static let recipients = [
        To(arguments: ["a@b.c", "d@e.f"], header: "To: n@m.o", recipients: ["a@b.c", "d@e.f"]),
        To(
            arguments: ["a@b.c, Dee <d@e.f>", "root"], header: "",
            recipients: ["a@b.c", "d@e.f", "root@relay.contoso.com"]),
        To(
            arguments: ["-t"], header: "To: A <a@b.c>,\n d@e.f\nCc: c@c.c\nBcc: b@b.b",
            recipients: ["a@b.c", "d@e.f", "c@c.c", "b@b.b"]),
        To(arguments: ["-t", "x@y.z", "A@b.c"], header: "To: a@b.c", recipients: ["x@y.z", "A@b.c"]),
        To(arguments: ["-t"], header: "To: Team: a@b.c, d@e.f;", recipients: ["a@b.c", "d@e.f"]),
        To(arguments: ["-t"], header: "To: undisclosed-recipients:;\nBcc: b@b.b", recipients: ["b@b.b"]),
        To(
            arguments: ["-t"], header: "To: root, Cron <op>, me (Me)",
            recipients: ["root@relay.contoso.com", "op@relay.contoso.com", "me@relay.contoso.com"]),
        To(
            arguments: ["-t"], header: "To: a@b.c\nResent-To: r@r.r\nResent-Bcc: s@s.s", recipients: ["r@r.r", "s@s.s"]),
        To(arguments: ["-t"], header: "To: a@b.c\nTo: d@e.f", recipients: ["a@b.c", "d@e.f"]),
    ]

    @Test(arguments: recipients) func whoseItIs(_ to: To) throws {
        let found = try compose(to.arguments, "\(to.header)\nSubject: x\n\nTo: not@header\n").envelope.recipients
        #expect(found.map(\.description) == to.recipients)
    }

    @Test(arguments: [
        (["-t"], "Subject: x\n\nhi"), (["-t"], "To: undisclosed-recipients:;\n\nhi"),
        (["-t"], "To: a@b.c, x@@y\n\nhi"), (["two words"], ""), ([""], ""), (["-f", "a@b.c, d@e.f", "x@y.z"], ""),
        (["-f", "a b", "x@y.z"], ""),
    ])
    func whatNobodyCanReadIsSentToNobody(_ arguments: [String], _ text: String) {
        let failure = #expect(throws: CommandFailure.self) { try compose(arguments, text) }
        #expect(failure?.status == .usage)
    }

    // MARK: The message

    static let messages = [
        ([], "Subject: x\n\nhi\n", "Subject: x\r\n\r\nhi\r\n"),
        ([], "From: a@b.c\nBcc: b@b.b\n\nhi", "From: a@b.c\r\nBcc: b@b.b\r\n\r\nhi\r\n"),
        (["-F", "Ann Lee"], "From: a@b.c\n\nhi", "From: a@b.c\r\n\r\nhi\r\n"),
        (
            ["-F", "Ann Lee", "-f", "ann@contoso.com"], "Subject: x\n\nhi",
            "From: Ann Lee <ann@contoso.com>\r\nSubject: x\r\n\r\nhi\r\n"
        ),
        (["-F", "Ann Lee"], "\nhi", "From: Ann Lee <www@relay.contoso.com>\r\n\r\nhi\r\n"),
        (["-F", "Ann Lee"], "just text", "From: Ann Lee <www@relay.contoso.com>\r\n\r\njust text\r\n"),
        (["-F", "Ann Lee", "-f", ""], "\nhi", "From: Ann Lee <www@relay.contoso.com>\r\n\r\nhi\r\n"),
        (
            ["-F", "A\r\nBcc: x@y.z"], "\nhi",
            "From: =?utf-8?B?QQ0KQmNjOiB4QHkueg==?= <www@relay.contoso.com>\r\n\r\nhi\r\n"
        ),
        (
            [], "To: root\nFrom: root (Cron Daemon)\nX: y\n\nhi",
            "To: root\r\nFrom: root@relay.contoso.com (Cron Daemon)\r\nX: y\r\n\r\nhi\r\n"
        ),
        (
            [], "From: \"Cron, the\"\n <root>\n\nhi",
            "From: \"Cron, the\" <root@relay.contoso.com>\r\n\r\nhi\r\n"
        ),
        ([], "From: nobody here\n\nhi", "From: nobody here\r\n\r\nhi\r\n"),
        ([], "From ann Mon Jan  1 00:00:00 2026\nSubject: x\n\nhi", "Subject: x\r\n\r\nhi\r\n"),
    ]

    @Test(arguments: messages) func staysAsItIsButForFrom(_ arguments: [String], _ text: String, _ expected: String)
        throws
    {
        let content = try compose(arguments + ["x@y.z"], text).content
        #expect(String(decoding: content, as: UTF8.self) == expected)
    }

    @Test func bytesThatAreNoTextPassThrough() throws {
        let bytes = Array("Subject: x\r\n\r\n".utf8) + [0xFF, 0x00, 0x80, 0x0D, 0x0A]
        let composer = SendmailComposer(hostname: "relay.contoso.com", account: "www")
        #expect(try composer.compose(SendmailArguments(parsing: ["x@y.z"]), bytes).content == bytes)
    }

    @Test func anAccountThatIsNoAddressNeedsASender() throws {
        let composer = SendmailComposer(hostname: "relay.contoso.com", account: "a b\u{1}")
        #expect(throws: CommandFailure.self) { try composer.compose(SendmailArguments(parsing: ["x@y.z"]), []) }
        let mail = try composer.compose(SendmailArguments(parsing: ["-f", "a@b.c", "x@y.z"]), [])
        #expect(mail.envelope.sender?.description == "a@b.c")
    }
}

@Suite struct LocalNameTests {
    private let names = LocalName(hostname: "h.test")

    @Test(arguments: [
        ("root", "root@h.test" as String?), ("root (Cron)", "root@h.test (Cron)"), ("<root>", "<root@h.test>"),
        ("Cron D <root>", "Cron D <root@h.test>"), ("root@x.test", nil), ("two words", nil), ("", nil), ("<>", nil),
        ("(only)", nil), ("a\tb", nil),
    ])
    func completed(_ text: String, _ expected: String?) { #expect(names.completed(text) == expected) }
}
