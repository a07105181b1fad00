import MailModel

/// Reads replies from a stream, line by line (RFC 5321 §4.2.1, RFC 2034 §4).
///
/// Lenient about line length, and about a bare code without text; strict about the digits and about one code per reply.
package struct ReplyParser: Sendable {
    package enum ParseError: Error, Hashable, Sendable {
        /// The line, cut to 200 octets.
        case malformed(String)
        case tooLong

        var text: String {
            switch self {
            case .malformed(let line): line
            case .tooLong: "line or reply too long"
            }
        }
    }

    /// Octets of a line; four times what the standard allows a server.
    private static let maximumLine = 2048
    private static let maximumLines = 256

    private var buffer = LineBuffer()
    private var code: Int?
    private var lines: [String] = []

    package init() {}

    /// No input waits to be read.
    package var isEmpty: Bool { buffer.isEmpty && code == nil }

    package mutating func append(_ bytes: some Collection<UInt8>) { buffer.append(bytes) }

    /// The next whole reply; `nil` where more input is needed.
    package mutating func next() throws(ParseError) -> Reply? {
        while let line = buffer.nextLine(limit: Self.maximumLine) {
            guard case .line(let bytes) = line, lines.count < Self.maximumLines else { throw .tooLong }
            if let reply = try read(bytes) { return reply }
        }
        return nil
    }

    private mutating func read(_ line: [UInt8]) throws(ParseError) -> Reply? {
        let digits = line.prefix(3)
        let separator = line.count > 3 ? line[3] : Octet.space
        guard digits.count == 3, digits.allSatisfy({ 0x30...0x39 ~= $0 }),
            (0x32...0x35).contains(digits[0]),
            separator == Octet.space || separator == UInt8(ascii: "-")
        else { throw .malformed(String(decoding: line.prefix(200), as: UTF8.self)) }
        let number = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        guard code == nil || code == number else {
            throw .malformed(String(decoding: line.prefix(200), as: UTF8.self))
        }
        code = number
        lines.append(String(decoding: line.dropFirst(4), as: UTF8.self))
        return separator == Octet.space ? finish(number) : nil
    }

    private mutating func finish(_ number: Int) -> Reply {
        defer {
            code = nil
            lines = []
        }
        return Reply(number, wireLines: lines)
    }
}

extension Reply {
    /// Takes the enhanced status code off the lines, where the first has one that fits the reply code.
    fileprivate init(_ code: Int, wireLines: [String]) {
        let status = wireLines.first.flatMap { Self.status(in: $0) }
        guard let status, status.class == code / 100 else {
            self.init(code, nil, lines: wireLines)
            return
        }
        let texts = wireLines.map { Self.status(in: $0) == status ? Self.withoutStatus($0) : $0 }
        self.init(code, status, lines: texts)
    }

    private static func status(in line: String) -> EnhancedStatusCode? {
        EnhancedStatusCode(line.prefix { $0 != " " })
    }

    private static func withoutStatus(_ line: String) -> String {
        String(line.drop { $0 != " " }.dropFirst())
    }
}
