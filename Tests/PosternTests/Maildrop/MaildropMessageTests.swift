import MailModel
import Testing

@testable import Postern

@Suite struct MaildropMessageTests {
    private static let envelope = Envelope(
        sender: address("ann@contoso.com"), recipients: [address("bob@example.org"), address("\"a b\"@example.org")])

    private static let contents: [[UInt8]] = [
        [], mail(""), mail("Subject: x", "", "hi"), mail(".", "..", ". ", ""), mail("Subject: Grüße", "", "ä"),
        mail("x") + [0x00, 0xFF, 0x0D, 0x0A], Array(repeating: 0x2E, count: 200_000) + mail(""),
    ]

    @Test(arguments: contents) func whatIsWrittenIsRead(_ content: [UInt8]) throws {
        let message = MaildropMessage(envelope: Self.envelope, date: noon, content: content)
        #expect(try MaildropMessage(decoding: message.encoded()) == message)
    }

    @Test func theNullSenderIsKeptAsOne() throws {
        let envelope = Envelope(sender: nil, recipients: [address("bob@example.org")])
        let message = MaildropMessage(envelope: envelope, date: noon, content: mail("x"))
        #expect(try MaildropMessage(decoding: message.encoded()).envelope == envelope)
    }

    /// Another program may have written it.
    @Test func bareLineFeedsBecomeLineEnds() throws {
        let file = head() + "Subject: x\n\nhi\r\n.\r\n"
        #expect(try MaildropMessage(decoding: Array(file.utf8)).content == mail("Subject: x", "", "hi"))
    }

    private func head(
        sender: String = "", recipients: String = #""b@c.d""#, date: String = "2026-11-21 12:00:00.000"
    ) -> String {
        #"{"sender":"\#(sender)","recipients":[\#(recipients)],"date":"\#(date)"}"# + "\n"
    }

    /// However much of a file is there, only all of it is a message.
    @Test func aTornFileIsNone() throws {
        let whole = try MaildropMessage(envelope: Self.envelope, date: noon, content: Self.contents[3]).encoded()
        for length in 0..<whole.count {
            #expect(throws: MaildropMessage.Fault.self) { try MaildropMessage(decoding: Array(whole[..<length])) }
        }
    }

    @Test(arguments: [
        ("", MaildropMessage.Fault.noEnvelope), ("\n", .noEnvelope), ("nothing\n.\r\n", .noEnvelope),
        ("{}\n.\r\n", .noEnvelope), ("[]\n.\r\n", .noEnvelope),
    ])
    func noEnvelope(_ text: String, _ fault: MaildropMessage.Fault) {
        #expect(throws: fault) { try MaildropMessage(decoding: Array(text.utf8)) }
    }

    @Test func envelopesAreRead() {
        let files: [(String, MaildropMessage.Fault)] = [
            (head(sender: "nobody") + ".\r\n", .badAddress("nobody")),
            (head(recipients: #""x y""#) + ".\r\n", .badAddress("x y")),
            (head(recipients: "") + ".\r\n", .noRecipients),
            (head(date: "yesterday") + ".\r\n", .noEnvelope), (head() + "x\r\n", .torn), (head() + "x\r\n.", .torn),
            (head() + "x\r\n.\r\ny", .somethingBehind), (head() + "x\n.\n", .torn),
        ]
        for (text, fault) in files {
            #expect(throws: fault) { try MaildropMessage(decoding: Array(text.utf8)) }
        }
    }
}

@Suite struct MaildropNameTests {
    @Test func aNameIsReadBack() throws {
        var random = SystemRandomNumberGenerator()
        let name = MaildropName(QueueID(rawValue: "1m7z2y1yh0jn12"), using: &random)
        #expect(MaildropName(name.description) == name && name.id.rawValue == "1m7z2y1yh0jn12")
        #expect(MaildropName(name.id, using: &random) != name, "nobody can guess it")
        let other = name.replacing(QueueID(rawValue: "1m7z2y1yh0jn13"))
        #expect(other.description == name.description.replacing("jn12.", with: "jn13."))
    }

    @Test(arguments: [
        "", "bad", ".", "..", "1m7z2y1yh0jn12", "1m7z2y1yh0jn12.", ".1m7z2y1yh0jn12.x", "1m7z2y1yh0jn1.x",
        "1m7z2y1yh0jn12-2.x", "1m7z2y1yh0-n12.x", "1M7Z2Y1YH0JN12.x", "1m7z2y1yh0jn12.x.y", "1m7z2y1yh0jn12.x/y",
        "1m7z2y1yh0jn12.X",
    ])
    func otherNamesAreNone(_ text: String) { #expect(MaildropName(text) == nil) }
}
