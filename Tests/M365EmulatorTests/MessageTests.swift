import MIME
import MailModel
import Testing

@testable import M365Emulator

struct OutgoingMessageTests {
    private static func message(_ text: String) -> OutgoingMessage {
        OutgoingMessage(
            mime: Array(text.utf8), mailbox: "m@contoso.com", messageID: "<new@x>", date: Timestamp(secondsSince1970: 0)
        )
    }

    @Test func changesNothingButBcc() {
        let text =
            "Received: from x\r\n\tby y\r\nfrom: A <m@contoso.com>\r\nBCC: b@x.com,\r\n c@x.com\r\nTo: a@x.com\r\n"
            + "Date: Sat, 21 Nov 2026 09:30:00 +0000\r\nMessage-Id: <1@x>\r\n\r\nbody\nwith Bcc: z@x.com\r\n"
        let message = Self.message(text)
        let expected =
            "Received: from x\r\n\tby y\r\nfrom: A <m@contoso.com>\r\nTo: a@x.com\r\n"
            + "Date: Sat, 21 Nov 2026 09:30:00 +0000\r\nMessage-Id: <1@x>\r\n\r\nbody\nwith Bcc: z@x.com\r\n"
        #expect(String(decoding: message.mime, as: UTF8.self) == expected)
        #expect(message.recipients.map(\.description) == ["a@x.com", "b@x.com", "c@x.com"])
        #expect(message.from == "m@contoso.com")
        #expect(message.messageID == "<1@x>")
    }

    @Test func countsNobodyTwice() {
        #expect(Self.message("To: a@x.com, A@X.com\r\nCc: a@x.com\r\n\r\n").recipients.count == 1)
    }

    @Test func setsApartWhatIsNoAddress() {
        #expect(Self.message("To: a@x.com, nobody, <>\r\n\r\n").badRecipients.contains("nobody"))
    }

    @Test func anotherMessageIDTakesThePlaceOfTheFirst() {
        var message = Self.message("From: m@contoso.com\r\nMessage-ID: <old@x>\r\nDate: x\r\n\r\nbody")
        message.replaceMessageID(by: "<new@x>")
        let text = String(decoding: message.mime, as: UTF8.self)
        #expect(text.contains("Message-ID: <new@x>\r\nX-Microsoft-Original-Message-ID: <old@x>\r\n"))
        #expect(text.hasSuffix("\r\n\r\nbody"))
        #expect(message.messageID == "<new@x>")
    }

    @Test(arguments: [("From: a@x.com\r\n\r\n", true), ("To: a@x.com\r\n\r\n", false), ("From: nobody\r\n\r\n", false)])
    func looksForAFrom(text: String, hasFrom: Bool) {
        #expect(OutgoingMessage.hasFrom(Array(text.utf8)) == hasFrom)
    }
}

struct JSONDraftTests {
    private static func rendered(_ changes: [String: JSONValue]) throws -> String {
        let draft = try JSONDraft(Bench.draft(to: ["a@example.com"], changes))
        let bytes = draft.rendered(
            mailbox: "m@contoso.com", messageID: "<1@x>", date: Timestamp(secondsSince1970: 1_795_000_000))
        return String(decoding: bytes, as: UTF8.self)
    }

    static let headers: [(changes: [String: JSONValue], line: String)] = [
        ([:], "From: <m@contoso.com>"), ([:], "To: <a@example.com>"), ([:], "Subject: Report"),
        ([:], "Message-ID: <1@x>"), ([:], "Date: Wed, 18 Nov 2026 11:06:40 +0000"),
        (["importance": "High"], "Importance: high"),
        (["from": ["emailAddress": ["name": "Team", "address": "t@x.com"]]], "From: \"Team\" <t@x.com>"),
        (["sender": Bench.person("s@x.com"), "from": Bench.person("t@x.com")], "Sender: <s@x.com>"),
        (["replyTo": [Bench.person("r@x.com")]], "Reply-To: <r@x.com>"),
        (["internetMessageHeaders": [["name": "X-A", "value": "1\r\n2"]]], "X-A: 1  2"),
        (["body": ["contentType": "HTML", "content": "<p>"]], "Content-Type: text/html; charset=utf-8"),
    ]

    @Test(arguments: headers) func writesHeaders(changes: [String: JSONValue], line: String) throws {
        let text = try Self.rendered(changes)
        #expect(text.contains(line + "\r\n"), "\(text)")
    }

    @Test(arguments: ["Bericht für März", "a\r\nBcc: evil@example.com", "a =?x", "a \"b\" c"])
    func encodesWhatIsNotPlain(subject: String) throws {
        let header = HeaderBlock(parsing: Array(try Self.rendered(["subject": .string(subject)]).utf8))
        #expect(header.first(named: "Subject")?.decodedValue == subject)
        #expect(header.first(named: "Bcc") == nil)
    }

    @Test func writesAttachments() throws {
        let file: JSONValue = [
            "@odata.type": "#microsoft.graph.fileAttachment", "name": "a.csv", "contentType": "text/csv",
            "contentBytes": "AAEC", "contentId": "c1", "isInline": true,
        ]
        let text = try Self.rendered(["attachments": [file]])
        for part in [
            "Content-Type: multipart/mixed; boundary=", "Content-Type: text/csv; name=\"a.csv\"", "\r\n\r\nAAEC\r\n",
            "Content-Disposition: inline; filename=\"a.csv\"", "Content-ID: <c1>",
        ] { #expect(text.contains(part), "\(part) in \(text)") }
    }

    @Test func readsItsOwnRecipients() throws {
        let draft = try DraftContent(
            json: Bench.draft(to: ["a@example.com"], ["bccRecipients": [Bench.person("b@example.com")]]))
        let outgoing = draft.outgoing(from: "m@contoso.com", date: Timestamp(secondsSince1970: 0))
        #expect(outgoing.recipients.map(\.description) == ["a@example.com", "b@example.com"])
        #expect(!String(decoding: outgoing.mime, as: UTF8.self).contains("b@example.com"))
    }
}

struct StoredMessageTests {
    static let fates: [(StoredMessage.Fate, Double, StoredMessage.Folder?)] = [
        (.draft, 0, .drafts), (.received, 0, .inbox),
        (.submitted(departs: Instant(.seconds(10)), visible: Instant(.seconds(20))), 9.9, .drafts),
        (.submitted(departs: Instant(.seconds(10)), visible: Instant(.seconds(20))), 10, nil),
        (.submitted(departs: Instant(.seconds(10)), visible: Instant(.seconds(20))), 19.9, nil),
        (.submitted(departs: Instant(.seconds(10)), visible: Instant(.seconds(20))), 20, .sentItems),
    ]

    @Test(arguments: fates) func isWhereItsFatePutsIt(
        fate: StoredMessage.Fate, seconds: Double, folder: StoredMessage.Folder?
    ) {
        var message = StoredMessage(
            immutableID: "i", draftID: "d", movedID: "m", mailbox: "a@x.com", content: DraftContent(mime: []),
            created: Timestamp(secondsSince1970: 0))
        message.fate = fate
        let now = Instant(Duration(fractionalSeconds: seconds))
        #expect(message.folder(at: now) == folder)
        #expect(message.isCalled("i", at: now) == (folder != nil))
        #expect(message.isCalled("d", at: now) == (folder == .drafts))
        #expect(message.isCalled("m", at: now) == (folder != nil && folder != .drafts))
    }
}
