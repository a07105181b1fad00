import MailModel
import Testing

@testable import MIME

/// A redirected copy names one address to every reader, or is not made.
@Suite struct RedirectedHeaderTests {
    private static let tester = try! Address(parsing: "tester@contoso.com")
    private static let missing = HeaderEditor.Missing(
        messageID: "<m1.shadow1@gw.test>", date: Timestamp("2026-11-21 12:00:00")!,
        from: try! Address(parsing: "reports@contoso.com"))

    private func redirect(_ header: String, received: String = "") -> RedirectedHeader {
        HeaderBlock(parsing: Array((header + "\r\n").utf8)).redirected(
            to: Self.tester, id: QueueID(rawValue: "m1.shadow1"), received: Array(received.utf8), missing: Self.missing)
    }

    private func written(_ header: String) throws -> HeaderBlock {
        guard case .header(let bytes) = redirect(header) else {
            Issue.record("no copy of \(header.debugDescription)")
            throw CancellationError()
        }
        return HeaderBlock(parsing: bytes)
    }

    private static let recipientFields = [
        "to", "cc", "bcc", "resent-to", "resent-cc", "resent-bcc", "apparently-to",
    ]

    /// As the strictest and the most lenient of readers would look: everything with an `@` in a field of recipients.
    private func reached(_ block: HeaderBlock) -> [String] {
        block.fields.filter { Self.recipientFields.contains($0.name.lowercased()) }.map(\.value)
    }

    @Test(arguments: [
        "From: a@contoso.com\r\nTo: real@example.org\r\n",
        "To: real@example.org\r\nTo: second@example.org\r\nTO: third@example.org\r\n",
        "To: one@example.org,\r\n two@example.org,\r\n\tthree@example.org\r\n",
        "To: one@example.org,\r\n \r\n two@example.org\r\n",
        "To : real@example.org\r\nCc\t: other@example.org\r\n",
        "Cc: \"Quoted, Name\" <real@example.org>\r\nBcc: hidden@example.org\r\n",
        "Resent-To: real@example.org\r\nResent-Cc: r2@example.org\r\nResent-Bcc: r3@example.org\r\n",
        "Resent-From: x@example.org\r\nResent-To: real@example.org\r\nTo: old@example.org\r\n",
        "To: Team: a@example.org, b@example.org;\r\nCc: Other: c@example.org;\r\n",
        "To: =?utf-8?q?J=C3=BCrgen_=3Creal=40example=2Eorg=3E?= <x@example.org>\r\n",
        "To: =?utf-8?b?cmVhbEBleGFtcGxlLm9yZw==?=\r\n",
        "To: undisclosed-recipients:;\r\n",
        "To: (comment real@example.org) <<broken@@example.org\r\n",
        "To: \"unterminated real@example.org\r\n",
        "Apparently-To: real@example.org\r\n",
        "X-Note: nothing\nTo: real@example.org\nSubject: bare line feeds\n",
        "tO: real@example.org\r\ncC: real@example.org\r\n",
        "Disposition-Notification-To: real@example.org\r\nReturn-Receipt-To: real@example.org\r\n",
        "Subject: nobody\r\n", "",
    ])
    func namesTheAddressAlone(_ header: String) throws {
        let block = try written(header)
        #expect(reached(block) == ["tester@contoso.com"])
        #expect(block.isComplete)
        let receipts = ["Disposition-Notification-To", "Return-Receipt-To"]
        #expect(receipts.allSatisfy { block.first(named: $0) == nil })
    }

    @Test(arguments: [
        "From: a@contoso.com\r\nno field at all\r\nTo: real@example.org\r\n",
        "From someone Thu Jan  1 00:00:00 1970\r\nTo: real@example.org\r\n",
        "X-Note: one\rTo: real@example.org\r\n",
        "X-Note: one\u{0}two\r\n",
        "X-Note: one\u{B}To: real@example.org\r\n",
        "X-Note: one\u{C}To: real@example.org\r\n",
        "Subject: ends\r",
    ])
    func whatReadersMayDisagreeAboutIsNotCopied(_ header: String) {
        guard case .uncertain(let reason) = redirect(header) else {
            Issue.record("a copy of \(header.debugDescription)")
            return
        }
        #expect(!reason.isEmpty)
    }

    @Test func whatItWasIsKeptUnderOtherNames() throws {
        let block = try written(
            "Message-ID: <1@contoso.com>\r\nTo: real@example.org,\r\n two@example.org\r\nCc: three@example.org\r\n"
                + "Bcc: four@example.org\r\nX-Postern-Id: spoofed\r\nSubject: Figures\r\nFrom: a@contoso.com\r\n"
                + "Date: Sat, 21 Nov 2026 11:00:00 +0000\r\n")
        #expect(block.first(named: "X-Original-To")?.value == "real@example.org, two@example.org")
        #expect(block.first(named: "X-Original-Cc")?.value == "three@example.org")
        #expect(block.first(named: "X-Original-Message-ID")?.value == "<1@contoso.com>")
        #expect(block.all(named: "Message-ID").map(\.value) == ["<m1.shadow1@gw.test>"])
        #expect(block.all(named: "X-Postern-Id").map(\.value) == ["m1.shadow1"])
        #expect(block.all(named: "From").map(\.value) == ["a@contoso.com"])
        #expect(block.all(named: "Date").count == 1 && block.first(named: "Subject")?.value == "Figures")
        #expect(!block.fields.contains { $0.value.contains("four@example.org") })
    }

    @Test func whatIsMissingOrEmptyIsAdded() throws {
        let block = try written("From:\r\nDate: \r\nSubject: x\r\n")
        #expect(block.all(named: "From").map(\.value) == ["reports@contoso.com"])
        #expect(block.all(named: "Date").count == 1)
    }

    @Test func theTraceGoesOnTop() throws {
        guard case .header(let bytes) = redirect("Subject: x\r\n", received: "Received: by gw.test\r\n") else {
            Issue.record("no copy")
            return
        }
        #expect(HeaderBlock(parsing: bytes).fields.first?.name == "Received")
    }

    /// Headers of random pieces, read back by a reader that ends lines at every control character.
    @Test func randomHeadersNeverNameAnybodyElse() {
        var random = SeededGenerator(seed: 20_261_121)
        let pieces = [
            "To", "Cc", "Bcc", "Resent-To", ":", ":", " ", "\r\n", "\r\n", "\n", "\r", "\t", "\u{0}", "\u{B}", ",", ";",
            "<", ">", "\"", "(", ")", "real@example.org", "=?utf-8?q?real=40example.org?=", "X-A", "Subject", "\\",
        ]
        var copies = 0
        for _ in 0..<5000 {
            let count = Int.random(in: 1...24, using: &random)
            let header = (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            guard case .header(let bytes) = redirect(header) else { continue }
            copies += 1
            let head = bytes.prefix(HeaderBlock(parsing: bytes).bodyOffset)
            let lines = head.split { $0 < 0x20 && $0 != 0x09 }.map { String(decoding: $0, as: UTF8.self) }
            let named = lines.filter { line in
                let name = line.prefix { $0 != ":" }.lowercased().filter { $0 != " " && $0 != "\t" }
                return !line.hasPrefix(" ") && !line.hasPrefix("\t") && Self.recipientFields.contains(name)
            }
            #expect(named == ["To: tester@contoso.com"], "\(header.debugDescription)")
        }
        #expect(copies > 500)
    }
}
