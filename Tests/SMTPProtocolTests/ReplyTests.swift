import MailModel
import SMTPProtocol
import Testing

@Suite struct ReplyTests {
    static let wire: [(Reply, String)] = [
        (Reply(250), "250 \r\n"),
        (Reply(334, nil, ""), "334 \r\n"),
        (Reply(354, nil, "Go"), "354 Go\r\n"),
        (Reply(250, .init(2, 1, 0), "Ok"), "250 2.1.0 Ok\r\n"),
        (Reply(250, nil, "host", "SIZE 5", "HELP"), "250-host\r\n250-SIZE 5\r\n250 HELP\r\n"),
        (Reply(550, .init(5, 7, 1), "No", "Really"), "550-5.7.1 No\r\n550 5.7.1 Really\r\n"),
        (Reply(550, .init(5, 0, 0), "a\r\n250 Ok\tb\u{7F}ü"), "550 5.0.0 a  250 Ok b ?\r\n"),
    ]

    @Test(arguments: wire)
    func encodes(_ reply: Reply, _ text: String) {
        #expect(SMTPProtocolTests.text(reply.encoded) == text)
    }

    @Test func cutsOverlongLines() {
        let reply = Reply(550, .init(5, 0, 0), String(repeating: "x", count: 2000), "short")
        let lines = text(reply.encoded).utf8.split(separator: 0x0A)
        #expect(lines.map(\.count) == [511, "550 5.0.0 short\r".utf8.count])
    }

    @Test(arguments: [
        (220, Reply.Class.positive, false), (354, .intermediate, false), (421, .transient, true),
        (550, .permanent, true),
    ])
    func classes(_ code: Int, _ expected: Reply.Class, _ isRefusal: Bool) {
        #expect(Reply(code).class == expected)
        #expect(Reply(code).isRefusal == isRefusal)
    }

    @Test func readsWell() {
        #expect(Reply(550, .init(5, 1, 1), "No such", "user").description == "550 5.1.1 No such user")
        #expect(Reply(250).description == "250")
    }
}
