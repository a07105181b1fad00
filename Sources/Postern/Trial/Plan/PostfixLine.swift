import MailModel

/// A line of Postfix's log that speaks of a message: `TIME HOST postfix/qmgr[123]: ID: from=<…>, size=314, nrcpt=2`, with
/// any of the time stamps of syslog (RFC 3164, RFC 5424 with or without its frame, systemd's journal).
struct PostfixLine: Hashable, Sendable {
    let time: LogTime
    /// `smtpd`, `pickup`, `cleanup`, `qmgr`, `smtp` …
    let daemon: Substring
    let queueID: Substring
    /// Behind the queue id.
    let text: Substring

    init?(_ line: Substring, reference: Timestamp) {
        var rest = line
        guard let time = Self.time(&rest, reference), Self.word(&rest) != nil, let tag = Self.word(&rest),
            let daemon = Self.daemon(tag)
        else { return nil }
        // Without a colon at its end it is the frame of RFC 5424: process, kind and structured data follow.
        if !tag.hasSuffix(":") { for _ in 0..<3 where Self.word(&rest) == nil { return nil } }
        guard let id = Self.word(&rest), id.hasSuffix(":"), Self.isQueueID(id.dropLast()) else { return nil }
        self.time = time
        self.daemon = daemon
        queueID = id.dropLast()
        text = rest
    }

    /// The value behind `name=` at the start of the text or behind `, `; without its angle brackets.
    func value(_ name: String) -> Substring? {
        var rest = text
        while true {
            if rest.hasPrefix(name), rest.dropFirst(name.count).first == "=" {
                return Self.unbracketed(rest.dropFirst(name.count + 1))
            }
            guard let comma = rest.firstIndex(of: ",") else { return nil }
            rest = rest[comma...].dropFirst().drop { $0 == " " }
        }
    }

    private static func unbracketed(_ value: Substring) -> Substring {
        guard value.hasPrefix("<") else { return value.prefix { $0 != "," && $0 != " " } }
        // A quoted local part may hold what ends an address elsewhere.
        var isQuoted = false
        return value.dropFirst().prefix { character in
            if character == "\"" { isQuoted.toggle() }
            return isQuoted || character != ">"
        }
    }

    private static func time(_ rest: inout Substring, _ reference: Timestamp) -> LogTime? {
        guard var first = word(&rest) else { return nil }
        if first.hasPrefix("<") {
            // `<22>1 2026-…` is RFC 5424's, `<22>Nov` RFC 3164's.
            first = first.drop { $0 != ">" }.dropFirst()
            if first == "1" || first.isEmpty { first = word(&rest) ?? "" }
        }
        if first.first?.isNumber == true { return LogTime(iso: first) }
        guard let day = word(&rest), let time = word(&rest) else { return nil }
        return LogTime(month: first, day: day, time: time, reference: reference)
    }

    /// `postfix/qmgr[123]:`, `postfix-out/smtps/smtpd[123]:`, or without process in RFC 5424.
    private static func daemon(_ tag: Substring) -> Substring? {
        guard let slash = tag.lastIndex(of: "/") else { return nil }
        let name = tag[tag.index(after: slash)...].prefix { $0 != "[" && $0 != ":" }
        return name.isEmpty ? nil : name
    }

    private static func word(_ rest: inout Substring) -> Substring? {
        rest = rest.drop { $0 == " " }
        let word = rest.prefix { $0 != " " }
        rest = rest.dropFirst(word.count).dropFirst()
        return word.isEmpty ? nil : word
    }

    /// Hexadecimal, or with `enable_long_queue_ids` letters and digits; what stands in its place in other lines is none.
    private static func isQueueID(_ text: Substring) -> Bool {
        text.utf8.count >= 5 && !["NOQUEUE", "warning", "error", "fatal", "panic", "statistics"].contains(text)
            && text.utf8.allSatisfy { 0x30...0x39 ~= $0 || 0x41...0x5A ~= $0 || 0x61...0x7A ~= $0 }
    }
}
