import Testing

/// A dialogue in text: `C:` what the client sends, `S:` what the server sends, `E:` an event, `M:` a message that arrived.
struct Script: Sendable, CustomTestStringConvertible {
    enum Line: Hashable {
        case client(String)
        case server(String)
        case event(String)
        case message(String)
    }

    let name: String
    let lines: [Line]

    init(_ name: String, _ text: String) {
        self.name = name
        lines = text.split(separator: "\n").map { line in
            let content = String(line.dropFirst(2).drop { $0 == " " })
            switch line.prefix(2) {
            case "C:": return .client(content)
            case "S:": return .server(content)
            case "E:": return .event(content)
            case "M:": return .message(content)
            default: preconditionFailure("not a line of a dialogue: \(line)")
            }
        }
    }

    var testDescription: String { name }
}

/// How the bytes of a dialogue are cut into chunks.
enum Cut: CaseIterable, Sendable {
    /// Line by line, each awaited.
    case lines
    /// Octet by octet.
    case octets
    /// Everything up to the next event in one chunk.
    case pipelined
}

/// A generator that is the same for the same seed (Steele, Lea, Flood: SplitMix).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// The same octets in pieces of random length.
    mutating func chunks(of bytes: [UInt8], upTo maximum: Int) -> [[UInt8]] {
        var rest = bytes[...]
        var chunks: [[UInt8]] = []
        while !rest.isEmpty {
            let chunk = rest.prefix(Int.random(in: 1...maximum, using: &self))
            chunks.append(Array(chunk))
            rest = rest.dropFirst(chunk.count)
        }
        return chunks
    }
}

func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }
