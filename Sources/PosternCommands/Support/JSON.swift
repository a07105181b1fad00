/// A JSON document (RFC 8259) whose keys keep the order they are given in.
indirect enum JSON: Hashable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSON])
    case object([Member])

    struct Member: Hashable {
        let key: String
        let value: JSON

        init(_ key: String, _ value: JSON) {
            self.key = key
            self.value = value
        }
    }

    static func text(_ value: String?) -> JSON { value.map { .string($0) } ?? .null }
    static func whole(_ value: (some BinaryInteger)?) -> JSON { value.map { .integer(Int64($0)) } ?? .null }

    /// Indented by two blanks.
    func written(indent: String = "") -> String {
        switch self {
        case .null: "null"
        case .bool(let value): String(value)
        case .integer(let value): String(value)
        case .number(let value): value.isFinite ? "\(value)" : "null"
        case .string(let value): Self.quote(value)
        case .array(let values): Self.enclose("[", values.map { $0.written(indent: indent + "  ") }, "]", indent)
        case .object(let members):
            Self.enclose(
                "{", members.map { "\(Self.quote($0.key)): \($0.value.written(indent: indent + "  "))" }, "}", indent)
        }
    }

    private static func enclose(_ open: String, _ items: [String], _ close: String, _ indent: String) -> String {
        guard !items.isEmpty else { return open + close }
        return open + "\n" + items.map { "\(indent)  \($0)" }.joined(separator: ",\n") + "\n\(indent)\(close)"
    }

    private static func quote(_ text: String) -> String {
        "\"" + text.unicodeScalars.map(escape).joined() + "\""
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\"": "\\\""
        case "\\": "\\\\"
        case "\n": "\\n"
        case "\r": "\\r"
        case "\t": "\\t"
        case "\u{0}"..."\u{1F}", "\u{7F}": "\\u" + String(String(scalar.value + 0x10000, radix: 16).suffix(4))
        default: String(scalar)
        }
    }
}
