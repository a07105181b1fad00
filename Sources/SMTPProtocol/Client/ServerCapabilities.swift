/// What a server's EHLO answer announced, as the client reads it (RFC 5321 §4.1.1.1).
package struct ServerCapabilities: Hashable, Sendable {
    package var pipelining = false
    package var startTLS = false
    package var eightBitMIME = false
    package var smtpUTF8 = false
    package var chunking = false
    package var announcesSize = false
    /// Octets; `nil` where the server names none (or 0).
    package var size: Int?
    /// In upper case.
    package var mechanisms: [String] = []

    /// Nothing but RFC 821: after HELO.
    package init() {}

    /// - Parameter lines: the EHLO answer, whose first line is a greeting.
    package init(lines: [String]) {
        for line in lines.dropFirst() { read(line) }
    }

    private mutating func read(_ line: String) {
        let words = line.uppercased().split(whereSeparator: { $0 == " " || $0 == "=" }).map(String.init)
        switch words.first {
        case "PIPELINING": pipelining = true
        case "STARTTLS": startTLS = true
        case "8BITMIME": eightBitMIME = true
        case "SMTPUTF8": smtpUTF8 = true
        case "CHUNKING": chunking = true
        case "SIZE":
            announcesSize = true
            size = words.dropFirst().first.flatMap(Int.init).flatMap { $0 > 0 ? $0 : nil }
        case "AUTH":
            // Some old servers also write AUTH=LOGIN, some nothing else.
            mechanisms += words.dropFirst().filter { !mechanisms.contains($0) }
        default: break
        }
    }
}
