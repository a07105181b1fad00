import MailModel
import SMTPProtocol
import Testing

@Suite struct ReplyParserTests {
    private func parse(_ chunks: [[UInt8]]) throws -> [Reply] {
        var parser = ReplyParser()
        var replies: [Reply] = []
        for chunk in chunks {
            parser.append(chunk)
            while let reply = try parser.next() { replies.append(reply) }
        }
        return replies
    }

    static let table: [(String, [Reply])] = [
        ("250 Ok\r\n", [Reply(250, nil, "Ok")]),
        ("250\r\n", [Reply(250, nil, "")]),
        ("250 Ok\n", [Reply(250, nil, "Ok")]),
        ("250 2.1.0 Ok\r\n", [Reply(250, .init(2, 1, 0), "Ok")]),
        ("550 5.7.139\r\n", [Reply(550, .init(5, 7, 139), "")]),
        ("550 4.2.0 class differs\r\n", [Reply(550, nil, "4.2.0 class differs")]),
        ("250-host Hello\r\n250-SIZE 5\r\n250 HELP\r\n", [Reply(250, nil, "host Hello", "SIZE 5", "HELP")]),
        ("550-5.7.1 No\r\n550-plain\r\n550 5.7.1 way\r\n", [Reply(550, .init(5, 7, 1), "No", "plain", "way")]),
        ("220 a\r\n250 b\r\n35", [Reply(220, nil, "a"), Reply(250, nil, "b")]),
        ("250-\r\n250 \r\n", [Reply(250, nil, "", "")]),
    ]

    @Test(arguments: table)
    func parses(_ input: String, _ expected: [Reply]) throws {
        let bytes = Array(input.utf8)
        #expect(try parse([bytes]) == expected)
        #expect(try parse(bytes.map { [$0] }) == expected, "octet by octet")
    }

    static let malformed = [
        "\r\n", "25\r\n", "Ok\r\n", "250x\r\n", "150 no\r\n", "650 no\r\n", "2a0 no\r\n",
        "250-a\r\n251 b\r\n", "250-a\r\nb\r\n",
    ]

    @Test(arguments: malformed)
    func refuses(_ input: String) {
        #expect(throws: ReplyParser.ParseError.self) { try parse([Array(input.utf8)]) }
    }

    @Test func boundsLinesAndReplies() {
        let line = "250 " + String(repeating: "x", count: 3000)
        #expect(throws: ReplyParser.ParseError.tooLong) { try parse([Array(line.utf8)]) }
        let reply = String(repeating: "250-x\r\n", count: 1000)
        #expect(throws: ReplyParser.ParseError.tooLong) { try parse([Array(reply.utf8)]) }
    }

    @Test func knowsWhetherAnythingWaits() throws {
        var parser = ReplyParser()
        parser.append("220 a\r\n25".utf8)
        #expect(try parser.next() == Reply(220, nil, "a"))
        #expect(!parser.isEmpty)
        parser.append("0-b\r\n".utf8)
        #expect(try parser.next() == nil)
        #expect(!parser.isEmpty, "the reply has begun")
        parser.append("250 c\r\n".utf8)
        #expect(try parser.next() == Reply(250, nil, "b", "c"))
        #expect(parser.isEmpty)
    }

    @Test(arguments: ReplyTests.wire.prefix(6).map(\.0))
    func readsWhatIsWritten(_ reply: Reply) throws {
        var expected = reply
        if expected.lines.isEmpty { expected.lines = [""] }
        #expect(try parse([reply.encoded]) == [expected])
    }
}
