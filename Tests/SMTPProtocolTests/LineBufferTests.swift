import Testing

@testable import SMTPProtocol

@Suite struct LineBufferTests {
    private func lines(_ chunks: [String], limit: Int = 10) -> [String] {
        var buffer = LineBuffer()
        var lines: [String] = []
        for chunk in chunks {
            buffer.append(chunk.utf8)
            while let line = buffer.nextLine(limit: limit) {
                switch line {
                case .line(let bytes): lines.append(text(bytes))
                case .tooLong: lines.append("!")
                }
            }
        }
        return lines
    }

    static let table: [(String, [String])] = [
        ("a\r\nb\r\n", ["a", "b"]),
        ("a\nb\n", ["a", "b"]),
        ("\r\n\n", ["", ""]),
        ("a\rb\r\n", ["a\rb"]),
        ("a\r\r\n", ["a\r"]),
        ("part", []),
        ("12345678\r\n", ["12345678"]),
        ("123456789\r\n", ["!"]),
        ("123456789\n", ["123456789"]),
        ("1234567890123456789012345\r\nb\r\n", ["!", "b"]),
        ("1234567890123456789012345", ["!"]),
        ("a\r\n123456789012345\r\nb\r\n123456789012345\r\nc\r\n", ["a", "!", "b", "!", "c"]),
    ]

    @Test(arguments: table)
    func splits(_ input: String, _ expected: [String]) {
        #expect(lines([input]) == expected)
        #expect(lines(input.utf8.map { text([$0]) }) == expected, "octet by octet")
    }

    @Test func knowsWhetherAnythingWaits() {
        var buffer = LineBuffer()
        #expect(buffer.isEmpty)
        buffer.append("a\r\nb".utf8)
        #expect(buffer.nextLine(limit: 10) == .line(Array("a".utf8)))
        #expect(!buffer.isEmpty)
        #expect(text(buffer.unread) == "b")
        buffer.removeAll()
        #expect(buffer.isEmpty)
    }

    @Test func anOverlongLineIsNotOver() {
        var buffer = LineBuffer()
        buffer.append("123456789012".utf8)
        #expect(buffer.nextLine(limit: 10) == .tooLong)
        #expect(!buffer.isEmpty, "its rest is still to come")
        buffer.append("345\r\n".utf8)
        #expect(buffer.nextLine(limit: 10) == nil)
        #expect(buffer.isEmpty)
    }

    @Test func linesAndRawOctetsTakeTurns() {
        var buffer = LineBuffer()
        buffer.append("DATA\r\nraw\nocNOOP\r\n".utf8)
        #expect(buffer.nextLine(limit: 10) == .line(Array("DATA".utf8)))
        #expect(text(buffer.unread.prefix(6)) == "raw\noc")
        buffer.consume(6)
        buffer.append("QUIT\r\n".utf8)
        #expect(buffer.nextLine(limit: 10) == .line(Array("NOOP".utf8)))
        #expect(buffer.nextLine(limit: 10) == .line(Array("QUIT".utf8)))
        #expect(buffer.nextLine(limit: 10) == nil)
    }
}
