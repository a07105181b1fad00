import MailModel
import Testing

@testable import Postern

@Suite struct EximLogTests {
    static let lines = """
        2026-11-21 16:17:02 exim 4.96 daemon started: pid=1234, -q30m, listening for SMTP on port 25 (IPv4)
        2026-11-21 16:17:03 1rAbcD-000123-Xy <= Reports@contoso.com H=app.contoso.com [192.0.2.7] P=esmtp S=1234 id=x@app
        2026-11-21 16:17:04 1rAbcD-000123-Xy => ann@fabrikam.com R=dnslookup T=remote_smtp H=mx.fabrikam.com [192.0.2.1] C="250 OK"
        2026-11-21 16:17:04 1rAbcD-000123-Xy -> bob@fabrikam.com R=dnslookup T=remote_smtp H=mx.fabrikam.com [192.0.2.1] C="250 OK"
        2026-11-21 16:17:04 1rAbcD-000123-Xy == carl@example.org R=dnslookup T=remote_smtp defer (-44): 451 later
        2026-11-21 16:19:04 1rAbcD-000123-Xy ** carl@example.org R=dnslookup T=remote_smtp: 550 no
        2026-11-21 16:19:05 1rAbcE-000124-00 <= <> R=1rAbcD-000123-Xy U=Debian-exim P=local S=2345
        2026-11-21 16:19:05 1rAbcD-000123-Xy Completed
        2026-11-21 16:19:06 1rAbcE-000124-00 => reports <reports@contoso.com> R=local_user T=mail_spool
        2026-11-21 16:19:06 1rAbcE-000124-00 Completed
        2026-11-21 16:19:07 H=bad [192.0.2.66] F=<x@y.z> rejected RCPT <a@b.c>: relay not permitted
        """

    private static let expected = ["16:17:03 <reports@contoso.com> 3 1234", "16:19:05 <> 1 2345"]

    @Test func messagesAreJoinedByTheirIDs() {
        let (messages, reader) = MailLogFormat.exim.read(Self.lines)
        #expect(messages == Self.expected && reader.unreadable.isEmpty && !reader.hasZone)
    }

    @Test(arguments: [" ", " +0000 ", " [4711] ", " +0000 [4711] ", ".250 "])
    func whatMayStandBetweenTimeAndID(_ between: String) {
        let lines = Self.lines.split(separator: "\n").map { "\($0.prefix(19))\(between)\($0.dropFirst(20))" }
        let (messages, reader) = MailLogFormat.exim.read(lines.joined(separator: "\n"))
        #expect(messages == Self.expected && reader.hasZone == between.contains("+"))
        #expect(lines.lazy.compactMap { MailLogFormat(ofLine: Substring($0)) }.first == .exim)
    }

    @Test(arguments: [
        ("1rAbcD-000123-Xy <= a@b.c P=local S=9 for x@y.z w@y.z", "16:17:03 <a@b.c> 2 9"),
        ("1rAbcD-000123-Xy <= a@b.c P=local S=9 T=\"Report for you\" for x@y.z", "16:17:03 <a@b.c> 1 9"),
        ("1rAbcD-00000000123-XyZA <= a@b.c P=local S=9", "16:17:03 <a@b.c> 0 9"),
        ("1rAbcD-000123-Xy <= a@b.c P=local", "16:17:03 <a@b.c> 0 -"),
    ])
    func arrivals(_ line: String, _ message: String) {
        #expect(MailLogFormat.exim.read("2026-11-21 16:17:03 \(line)").messages == [message])
    }

    @Test(arguments: ["1rAbcD-000123 <= a@b.c S=9", "1rAbcD-000123-Xy <> a@b.c S=9", "SMTP connection from x <= y z"])
    func otherLinesArePassedOver(_ line: String) {
        #expect(MailLogFormat.exim.read("2026-11-21 16:17:03 \(line)").messages == [])
    }
}
