import MailModel
import Testing

@testable import Postern

@Suite struct PostfixLogTests {
    /// One message to two recipients, tried twice, among lines that tell of none; written by Postfix 3.7.
    static let lines = """
        Nov 21 16:17:02 mx postfix/master[29073]: daemon started -- version 3.7.11, configuration /etc/postfix
        Nov 21 16:17:02 mx postfix/smtpd[29077]: connect from localhost[127.0.0.1]
        Nov 21 16:17:03 mx postfix/smtpd[29077]: 022B2FD2246: client=localhost[127.0.0.1]
        Nov 21 16:17:04 mx postfix/cleanup[29092]: 022B2FD2246: message-id=<20261121161703.022B2FD2246@postfix.test>
        Nov 21 16:17:04 mx postfix/qmgr[29075]: 022B2FD2246: from=<Reports@contoso.com>, size=314, nrcpt=2 (queue active)
        Nov 21 16:17:05 mx postfix/smtp[29093]: connect to 127.0.0.1[127.0.0.1]:9: Connection refused
        Nov 21 16:17:05 mx postfix/smtp[29093]: 022B2FD2246: to=<ann@fabrikam.com>, relay=none, delay=0.03, delays=0.02/0.01/0/0, dsn=4.4.1, status=deferred (connect to 127.0.0.1[127.0.0.1]:9: Connection refused)
        Nov 21 16:22:05 mx postfix/qmgr[29075]: 022B2FD2246: from=<Reports@contoso.com>, size=314, nrcpt=2 (queue active)
        Nov 21 16:22:06 mx postfix/smtp[29093]: 022B2FD2246: to=<ann@fabrikam.com>, relay=mx.fabrikam.com[192.0.2.1]:25, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4AB12C3D)
        Nov 21 16:22:06 mx postfix/qmgr[29075]: 022B2FD2246: removed
        Nov 21 16:22:07 mx postfix/smtpd[29077]: NOQUEUE: reject: RCPT from x[192.0.2.9]: 554 5.7.1 <a@b.c>: Relay access denied; from=<x@y.z> to=<a@b.c> proto=ESMTP
        Nov 21 16:22:07 mx postfix/smtpd[29077]: disconnect from localhost[127.0.0.1] ehlo=1 mail=5 rcpt=6 data=5 commands=17
        Nov 21 16:22:08 mx CRON[1]: (root) CMD (run-parts /etc/cron.hourly)
        """

    private static let expected = ["16:17:03 <reports@contoso.com> 2 314"]

    @Test func aMessageCountsOnceWithTheTimeItCame() {
        let (messages, reader) = MailLogFormat.postfix.read(Self.lines)
        #expect(messages == Self.expected && reader.unreadable.isEmpty && !reader.hasZone)
    }

    @Test(arguments: [
        "2026-11-21T16:TIME+00:00 mx postfix/", "2026-11-21T16:TIME.123456+00:00 mx postfix/",
        "<22>Nov 21 16:TIME mx postfix/", "<22>1 2026-11-21T16:TIMEZ mx postfix/",
        "2026-11-21T16:TIME+0000 mx postfix-out/submission/", "Nov  21 16:TIME mx.contoso.com postfix/",
    ])
    func everySyslogIsRead(_ form: String) {
        let isFramed = form.hasPrefix("<22>1")
        let lines = Self.lines.split(separator: "\n").map { line in
            let tag = line.dropFirst("Nov 21 16:17:02 mx postfix/".count)
            let name = tag.prefix { $0 != ":" }
            let text = tag.dropFirst(name.count + 1)
            let words = name.split { "[]".contains($0) }
            let framed = isFramed && words.count == 2 ? "\(words[0]) \(words[1]) - -\(text)" : "\(tag)"
            return form.replacing("TIME", with: line.dropFirst(10).prefix(5)) + framed
        }
        let (messages, reader) = MailLogFormat.postfix.read(lines.joined(separator: "\n"))
        #expect(messages == Self.expected)
        #expect(reader.hasZone == form.contains("2026"))
        #expect(lines.lazy.compactMap { MailLogFormat(ofLine: Substring($0)) }.first == .postfix)
    }

    private static func qmgr(_ id: String, _ rest: String, second: Int = 0) -> String {
        "Nov 21 16:17:\(second.padded(2)) mx postfix/qmgr[1]: \(id): \(rest)"
    }

    @Test(arguments: [
        ("from=<>, size=337, nrcpt=1 (queue active)", "16:17:00 <> 1 337"),
        (
            #"from=<"odd, user>"@contoso.com>, size=281, nrcpt=1 (queue active)"#,
            #"16:17:00 <"odd, user>"@contoso.com> 1 281"#
        ),
        (
            "from=<Upper.Case+tag=x@Contoso.com>, size=281, nrcpt=40 (queue active)",
            "16:17:00 <upper.case+tag=x@contoso.com> 40 281"
        ),
        ("from=<root>, size=1, nrcpt=1 (queue active)", "16:17:00 <root> 1 1"),
        ("from=<a@b.c>, size=?, nrcpt=3 (queue active)", "16:17:00 <a@b.c> 3 -"),
    ])
    func senders(_ text: String, _ message: String) {
        #expect(MailLogFormat.postfix.read(Self.qmgr("022B2FD2246", text)).messages == [message])
    }

    @Test func aQueueIDMayComeBack() {
        let text = [
            Self.qmgr("3F1A2", "from=<a@b.c>, size=1, nrcpt=1 (queue active)"),
            Self.qmgr("3F1A2", "removed", second: 1),
            Self.qmgr("3F1A2", "from=<d@b.c>, size=2, nrcpt=2 (queue active)", second: 2),
            Self.qmgr("3F1A2", "from=<d@b.c>, size=2, nrcpt=2 (queue active)", second: 3),
        ]
        #expect(
            MailLogFormat.postfix.read(text.joined(separator: "\n")).messages == [
                "16:17:00 <a@b.c> 1 1", "16:17:02 <d@b.c> 2 2",
            ])
    }

    @Test func longQueueIDsAreRead() {
        let text = ["4Xyz12abcDzB", "BCDFGHJKLMzNPQ"].map {
            Self.qmgr($0, "from=<a@b.c>, size=1, nrcpt=1 (queue active)")
        }
        #expect(MailLogFormat.postfix.read(text.joined(separator: "\n")).messages.count == 2)
    }

    /// `smtp` hands it to a filter, which hands it back.
    @Test(arguments: [("4AB12C3D", 1), ("9999999", 2)]) func whatAFilterHandsBackCountsOnce(
        _ next: String, _ count: Int
    ) {
        let text = [
            Self.qmgr("3F1A2", "from=<a@b.c>, size=300, nrcpt=1 (queue active)"),
            Self.qmgr("4AB12C3D", "from=<a@b.c>, size=900, nrcpt=1 (queue active)", second: 1),
            "Nov 21 16:17:02 mx postfix/smtp[9]: 3F1A2: to=<x@y.z>, relay=127.0.0.1[127.0.0.1]:10024, dsn=2.0.0, status=sent "
                + "(250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as \(next))",
        ]
        let messages = MailLogFormat.postfix.read(text.joined(separator: "\n")).messages
        #expect(messages.count == count && messages.contains("16:17:01 <a@b.c> 1 900"))
    }

    @Test func aDamagedLineIsNamed() {
        let text = Self.lines + "\n" + Self.qmgr("3F1A2", "from=<a@b.c>, size=300, nrc")
        let (messages, reader) = MailLogFormat.postfix.read(text)
        #expect(messages == Self.expected)
        #expect(reader.unreadable.map(\.number) == [14] && reader.unreadable[0].text.contains("nrc"))
    }
}
