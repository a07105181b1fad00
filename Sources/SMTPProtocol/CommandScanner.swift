/// `keyword` or `keyword=value` behind a path (RFC 5321 §4.1.2, esmtp-param).
struct Parameter: Hashable {
    /// In upper case.
    var keyword: String
    var value: String?
}

/// Reads a command line from left to right.
struct Scanner {
    private(set) var rest: ArraySlice<UInt8>

    /// Blanks at the end of a line mean nothing.
    init(_ line: ArraySlice<UInt8>) {
        rest = line
        while let last = rest.last, Self.isBlank(last) { rest.removeLast() }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == Octet.space || byte == 0x09 }

    mutating func skipBlanks() { rest = rest.drop(while: Self.isBlank) }

    /// Everything up to the next blank.
    mutating func word() -> ArraySlice<UInt8> {
        let word = rest.prefix { !Self.isBlank($0) }
        rest = rest[word.endIndex...]
        return word
    }

    /// Passes over `FROM:` or `TO:`, blanks around the colon included.
    mutating func skip(keyword: String) -> Bool {
        let head = rest.prefix(keyword.utf8.count)
        guard String(decoding: head, as: UTF8.self).uppercased() == keyword else { return false }
        rest = rest[head.endIndex...]
        skipBlanks()
        guard rest.first == UInt8(ascii: ":") else { return false }
        rest.removeFirst()
        skipBlanks()
        return true
    }

    /// What stands between `<` and `>`, or without them up to the next blank; `nil` where there is neither.
    mutating func path() -> ArraySlice<UInt8>? {
        guard rest.first == UInt8(ascii: "<") else {
            let path = word()
            return path.isEmpty || path.contains(UInt8(ascii: ">")) ? nil : path
        }
        guard let close = endOfBracket() else { return nil }
        let path = rest[(rest.startIndex + 1)..<close]
        rest = rest[(close + 1)...]
        guard rest.first.map(Self.isBlank) ?? true else { return nil }
        return path
    }

    /// The `>` that is not inside a quoted local part.
    private func endOfBracket() -> Int? {
        var isQuoted = false
        var isEscaped = false
        for index in rest.indices {
            let byte = rest[index]
            if isEscaped {
                isEscaped = false
            } else if isQuoted, byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isQuoted.toggle()
            } else if byte == UInt8(ascii: ">"), !isQuoted {
                return index
            }
        }
        return nil
    }

    mutating func parameters() -> [Parameter] {
        var parameters: [Parameter] = []
        skipBlanks()
        while !rest.isEmpty {
            let parts = word().split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            parameters.append(
                Parameter(
                    keyword: String(decoding: parts[0], as: UTF8.self).uppercased(),
                    value: parts.count > 1 ? String(decoding: parts[1], as: UTF8.self) : nil))
            skipBlanks()
        }
        return parameters
    }
}
