// `value; name=value; …` of Content-Type and Content-Disposition (RFC 2045 §5.1), with the continuations and character
// sets of RFC 2231 §3 and §4: the reader and the writer.

struct HeaderParameters {
    /// What stands before the first semicolon, in lower case.
    private(set) var value: String
    /// Names in lower case, values decoded; the first of two equal names counts.
    private(set) var parameters: [String: String] = [:]

    init(parsing bytes: [UInt8]) {
        let tokens = HeaderLexer.tokens(of: bytes, specials: ";=").filter { $0.kind != .comment }
        let sections = tokens.split(omittingEmptySubsequences: false) { $0.isSpecial(";") }
        value = Self.text(of: sections.first ?? []).lowercased()
        var segments: [String: [Segment]] = [:]
        for section in sections.dropFirst() {
            guard let segment = Segment(section) else { continue }
            segments[segment.name, default: []].append(segment)
        }
        for (name, list) in segments { parameters[name] = Segment.join(list) }
    }

    fileprivate static func text(of tokens: ArraySlice<HeaderToken>) -> String {
        Charset.decodeLeniently(tokens.flatMap(\.text))
    }

    /// `; name=value` in pieces for a `FieldWriter`; the caller puts a semicolon before the first.
    static func pieces(name: String, value: String) -> [String] {
        if !value.isEmpty, value.utf8.allSatisfy(\.isTokenText), value.utf8.count <= 60 { return ["\(name)=\(value)"] }
        if value.utf8.allSatisfy(\.isPrintable), value.utf8.count <= 60, !value.contains("=?") {
            return ["\(name)=\(QuotedString.encode(value.utf8))"]
        }
        return Segment.encode(name: name, value: value)
    }
}

/// A parameter or a part of one: `name*1*=%C3%BC`.
private struct Segment {
    let name: String
    let number: Int?
    let isEncoded: Bool
    let bytes: [UInt8]

    init?(_ tokens: ArraySlice<HeaderToken>) {
        guard let equals = tokens.firstIndex(where: { $0.isSpecial("=") }), equals > tokens.startIndex else {
            return nil
        }
        let parts = HeaderParameters.text(of: tokens[..<equals]).lowercased()
            .split(separator: "*", omittingEmptySubsequences: false)
        name = String(parts[0])
        number = parts.count > 1 ? Int(parts[1]) : nil
        isEncoded = parts.count > 1 && parts[parts.count - 1].isEmpty
        bytes = Self.joined(tokens[(equals + 1)...])
    }

    /// Blanks in an unquoted value, as in `filename=annual report.pdf`, are kept.
    private static func joined(_ tokens: ArraySlice<HeaderToken>) -> [UInt8] {
        var bytes: [UInt8] = []
        var end: Int?
        for token in tokens {
            if let end, end < token.range.lowerBound { bytes.append(ASCII.space) }
            bytes += token.text
            end = token.range.upperBound
        }
        return bytes
    }

    /// Extended values win over the plain one that some writers send along for old readers.
    static func join(_ segments: [Segment]) -> String {
        guard let first = segments.first(where: { $0.number == 0 }) ?? segments.first(where: \.isEncoded) else {
            return segments.first.map { EncodedWord.decode($0.bytes) } ?? ""
        }
        let rest = segments.filter { ($0.number ?? 0) > 0 }.sorted { ($0.number ?? 0) < ($1.number ?? 0) }
        let isSeries = first.number == 0
        let head =
            first.isEncoded ? first.bytes.split(separator: 0x27, maxSplits: 2, omittingEmptySubsequences: false) : []
        let charset = head.count == 3 ? Charset(String(decoding: head[0], as: UTF8.self)) ?? .utf8 : .utf8
        let start = head.count == 3 ? percentDecode(Array(head[2])) : first.bytes
        let tail = isSeries ? rest.flatMap { $0.isEncoded ? percentDecode($0.bytes) : $0.bytes } : []
        return charset.decode(start + tail)
    }

    private static func percentDecode(_ bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        var index = 0
        while index < bytes.count {
            let pair = bytes[(index + 1)...].prefix(2).compactMap(\.hexDigitValue)
            let isEscape = bytes[index] == UInt8(ascii: "%") && pair.count == 2
            output.append(isEscape ? pair[0] << 4 | pair[1] : bytes[index])
            index += isEscape ? 3 : 1
        }
        return output
    }

    static func encode(name: String, value: String) -> [String] {
        var chunks: [[UInt8]] = [[]]
        for symbol in value.utf8.map(percentEncode) {
            if chunks[chunks.count - 1].count + symbol.count > 54 { chunks.append([]) }
            chunks[chunks.count - 1] += symbol
        }
        let texts = chunks.map { String(decoding: $0, as: UTF8.self) }
        guard texts.count > 1 else { return ["\(name)*=utf-8''\(texts[0])"] }
        return texts.enumerated().map { number, text in
            let line = "\(name)*\(number)*=\(number == 0 ? "utf-8''" : "")\(text)"
            return number < texts.count - 1 ? line + ";" : line
        }
    }

    private static func percentEncode(_ byte: UInt8) -> [UInt8] {
        if byte.isLetter || byte.isDigit || "-._~".utf8.contains(byte) { return [byte] }
        return [UInt8(ascii: "%")] + [UInt8].hex(byte)
    }
}
