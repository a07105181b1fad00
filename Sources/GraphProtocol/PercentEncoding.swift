// Percent-encoding of URL parts (RFC 3986 §2) and of form bodies (application/x-www-form-urlencoded, WHATWG URL §5.2).

enum PercentEncoding {
    /// One segment of a path, or one value of a query: all but unreserved characters and `@` are encoded.
    static func component(_ text: String) -> String {
        encode(text) { isLetterOrDigit($0) || "-._~@".utf8.contains($0) ? .asIs : .percent }
    }

    /// `name=value&…`, encoded as a browser would.
    static func form(_ fields: [(name: String, value: String)]) -> [UInt8] {
        let pairs = fields.map { "\(formValue($0.name))=\(formValue($0.value))" }
        return Array(pairs.joined(separator: "&").utf8)
    }

    private enum Treatment { case asIs, plus, percent }

    private static func formValue(_ text: String) -> String {
        encode(text) {
            if $0 == UInt8(ascii: " ") { return .plus }
            return isLetterOrDigit($0) || "*-._".utf8.contains($0) ? .asIs : .percent
        }
    }

    private static func encode(_ text: String, _ treatment: (UInt8) -> Treatment) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var output: [UInt8] = []
        for byte in text.utf8 {
            switch treatment(byte) {
            case .asIs: output.append(byte)
            case .plus: output.append(UInt8(ascii: "+"))
            case .percent: output += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: false
        }
    }
}
