package import MailModel

/// One SMTP reply: a code, perhaps an enhanced status code, and text (RFC 5321 §4.2, RFC 2034).
package struct Reply: Hashable, Sendable {
    /// What the first digit says (RFC 5321 §4.2.1).
    package enum Class: Hashable, Sendable {
        case positive, intermediate, transient, permanent
    }

    /// 200 to 599.
    package var code: Int
    /// `nil` for greetings, EHLO answers, 334 and 354, and where the far side gave none.
    package var status: EnhancedStatusCode?
    /// The text without codes; several lines make a multi-line reply, none an empty text.
    package var lines: [String]

    package init(_ code: Int, _ status: EnhancedStatusCode? = nil, _ lines: String...) {
        self.init(code, status, lines: lines)
    }

    package init(_ code: Int, _ status: EnhancedStatusCode? = nil, lines: [String]) {
        self.code = code
        self.status = status
        self.lines = lines
    }

    package var `class`: Class {
        switch code {
        case ..<300: .positive
        case ..<400: .intermediate
        case ..<500: .transient
        default: .permanent
        }
    }

    /// 4yz or 5yz.
    package var isRefusal: Bool { code >= 400 }

    /// The text in one line.
    package var text: String { lines.joined(separator: " ") }
}

extension Reply: CustomStringConvertible {
    /// As a log shows it: `550 5.1.1 No such user`.
    package var description: String {
        [String(code), status?.description, text].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: " ")
    }
}

extension Reply {
    /// A line's limit without its CRLF (RFC 5321 §4.5.3.1.5).
    private static let maximumLine = 510

    package var encoded: [UInt8] {
        var bytes: [UInt8] = []
        encode(into: &bytes)
        return bytes
    }

    /// Appends the wire form, each line ended by CRLF and cut at 512 octets; what could end a line early, or is not ASCII,
    /// is replaced, so that no text from elsewhere can forge a reply.
    package func encode(into output: inout [UInt8]) {
        let texts = lines.isEmpty ? [""] : lines
        for (index, text) in texts.enumerated() {
            let start = output.count
            output.append(contentsOf: "\(code)\(index == texts.count - 1 ? " " : "-")".utf8)
            if let status { output.append(contentsOf: "\(status) ".utf8) }
            let room = Self.maximumLine + start - output.count
            if text.utf8.allSatisfy({ 0x20...0x7E ~= $0 }) {
                output.append(contentsOf: text.utf8.prefix(room))
            } else {
                output.append(contentsOf: text.unicodeScalars.map(Self.printable).prefix(room))
            }
            output.append(contentsOf: "\r\n".utf8)
        }
    }

    private static func printable(_ scalar: Unicode.Scalar) -> UInt8 {
        switch scalar.value {
        case 0x20...0x7E: UInt8(scalar.value)
        case 0x00...0x1F, 0x7F: UInt8(ascii: " ")
        default: UInt8(ascii: "?")
        }
    }
}
