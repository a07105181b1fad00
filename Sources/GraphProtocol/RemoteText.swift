// The far side's words made fit for logs and rows: one line, bounded, and without anything that looks like a credential.
// A proxy may echo a request in its error page, so what comes back is never assumed to be harmless.

enum RemoteText {
    /// In characters.
    static let limit = 1000

    /// Blanks and control characters become single blanks, credentials `***`; at most `limit` characters stay.
    static func clean(_ text: some StringProtocol) -> String {
        let words = text.utf8.prefix(16 * limit).split { $0 <= 0x20 || $0 == 0x7F }
        return String(redact(Array(words.joined(separator: [0x20]))).prefix(limit))
    }

    /// What a page of HTML calls itself; `nil` where it has no title.
    static func title(ofHTML body: [UInt8]) -> String? {
        let page = body.prefix(8192).map { 0x41...0x5A ~= $0 ? $0 | 0x20 : $0 }
        guard let start = end(of: "<title>", in: page, from: 0), let end = end(of: "</title>", in: page, from: start)
        else { return nil }
        let title = clean(String(decoding: body[start..<(end - "</title>".utf8.count)], as: UTF8.self))
        return title.isEmpty ? nil : title
    }

    private static func end(of needle: String, in bytes: [UInt8], from start: Int) -> Int? {
        let wanted = Array(needle.utf8)
        guard bytes.count >= start + wanted.count else { return nil }
        let first = (start...(bytes.count - wanted.count)).first {
            bytes[$0..<($0 + wanted.count)].elementsEqual(wanted)
        }
        return first.map { $0 + wanted.count }
    }

    /// Copies the text symbol by symbol; what stands between symbols stays as it is.
    private static func redact(_ bytes: [UInt8]) -> String {
        var output: [UInt8] = []
        var previous = ""
        var rest = bytes[...]
        while !rest.isEmpty {
            let gap = rest.prefix { !isSymbol($0) }
            let symbol = rest.dropFirst(gap.count).prefix(while: isSymbol)
            let text = String(decoding: symbol, as: UTF8.self)
            output += gap
            output += isCredential(text, after: previous, gap: gap) ? Array("***".utf8) : Array(symbol)
            previous = text.lowercased()
            rest = rest.dropFirst(gap.count + symbol.count)
        }
        return String(decoding: output, as: UTF8.self)
    }

    private static let credentialNames: Set<String> = [
        "client_secret", "client_assertion", "access_token", "refresh_token", "id_token", "password", "authtoken",
    ]

    /// A JSON Web Token (`eyJ…`), what follows `Bearer` or a credential's name, or a symbol too long for a word.
    private static func isCredential(_ symbol: String, after previous: String, gap: ArraySlice<UInt8>) -> Bool {
        let length = symbol.utf8.count
        if length >= 100 || (length >= 16 && symbol.hasPrefix("eyJ")) { return true }
        if previous == "bearer" { return length >= 16 }
        let assigns = gap.contains { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: ":") }
        return length > 0 && assigns && credentialNames.contains(previous)
    }

    private static func isSymbol(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "-_.~+/%".utf8.contains(byte)
        }
    }
}
