import MailModel

/// A request's head as the emulator's parts see it: names folded, path and query split and decoded.
struct HTTPHead: Hashable, Sendable {
    var method: String
    /// Decoded, without empty ones.
    var segments: [String]
    var query: [String: String]
    /// Names in lower case; of repeated fields the last.
    var headers: [String: String]
    /// `http` or `https`.
    var scheme = "http"

    init(method: String, target: String, headers: [String: String], scheme: String = "http") {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        self.method = method.uppercased()
        segments = (parts.first ?? "").split(separator: "/").map { PercentEncoding.decode($0, plusIsSpace: false) }
        query = parts.count > 1 ? PercentEncoding.form(parts[1], plusIsSpace: false) : [:]
        self.headers = headers
        self.scheme = scheme
    }

    subscript(header: String) -> String? { headers[header] }

    /// Announced, where it is.
    var contentLength: Int? { headers["content-length"].flatMap { Int($0) } }
    /// Without parameters, in lower case.
    var mediaType: String {
        (headers["content-type"] ?? "").prefix { $0 != ";" }.lowercased().filter { $0 != " " }
    }
    var prefersImmutableIDs: Bool { headers["prefer"]?.contains("IdType=\"ImmutableId\"") ?? false }
    var bearerToken: String? {
        guard let field = headers["authorization"], field.lowercased().hasPrefix("bearer ") else { return nil }
        return String(field.dropFirst(7).drop { $0 == " " })
    }
}

/// What goes back: nothing of it is decided by the driver.
struct HTTPAnswer: Hashable, Sendable {
    struct Field: Hashable, Sendable {
        var name: String
        var value: String
    }

    var status: Int
    var fields: [Field] = []
    var body: [UInt8] = []

    init(_ status: Int, fields: [(String, String)] = [], body: [UInt8] = []) {
        self.status = status
        self.fields = fields.map { Field(name: $0.0, value: $0.1) }
        self.body = body
    }

    init(_ status: Int, json: JSONValue, fields: [(String, String)] = []) {
        self.init(status, fields: [("Content-Type", "application/json; charset=utf-8")] + fields, body: json.encoded)
    }

    init(_ status: Int, html: String) {
        self.init(status, fields: [("Content-Type", "text/html")], body: Array(html.utf8))
    }

    subscript(name: String) -> String? { fields.first { $0.name.lowercased() == name.lowercased() }?.value }

    /// Replaces a field of that name.
    mutating func set(_ name: String, _ value: String) {
        fields.removeAll { $0.name.lowercased() == name.lowercased() }
        fields.append(Field(name: name, value: value))
    }
}

/// Percent encoding (RFC 3986 §2.1) and forms of `name=value` pairs.
enum PercentEncoding {
    static func decode(_ text: some StringProtocol, plusIsSpace: Bool) -> String {
        var result: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let value = hexPair(rest) {
                result.append(value)
                rest = rest.dropFirst(2)
            } else {
                result.append(plusIsSpace && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    static func form(_ text: some StringProtocol, plusIsSpace: Bool = true) -> [String: String] {
        var fields: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count > 1 ? decode(parts[1], plusIsSpace: plusIsSpace) : ""
            fields[decode(parts[0], plusIsSpace: plusIsSpace)] = value
        }
        return fields
    }

    /// For a path segment or a query value: everything but the unreserved characters.
    static func encode(_ text: String) -> String {
        String(decoding: text.utf8.flatMap { isUnreserved($0) ? [$0] : escape($0) }, as: UTF8.self)
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "-._~".utf8.contains(byte)
        }
    }

    private static func escape(_ byte: UInt8) -> [UInt8] {
        let digits = Array("0123456789ABCDEF".utf8)
        return [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }

    private static func hexPair(_ bytes: ArraySlice<UInt8>) -> UInt8? {
        guard bytes.count >= 2 else { return nil }
        let digits = bytes.prefix(2)
        return UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}
