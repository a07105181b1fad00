// The trace field a relay puts on top of what it takes over (RFC 5321 §4.4).

package import MailModel

/// What is known about a message's arrival.
package struct TraceInfo: Hashable, Sendable {
    /// The name given in EHLO; `nil` where the message did not come over a socket.
    package var clientName: String?
    /// `192.0.2.1` or `2001:db8::1`.
    package var clientAddress: String?
    /// This host's name.
    package var by: String
    /// The protocol of RFC 3848 (`ESMTP`, `ESMTPS`, `ESMTPSA`), or `sendmail`, `HTTP`, `local`.
    package var with: String
    package var id: QueueID
    package var date: Timestamp

    package init(
        clientName: String? = nil, clientAddress: String? = nil, by: String, with: String, id: QueueID, date: Timestamp
    ) {
        self.clientName = clientName
        self.clientAddress = clientAddress
        self.by = by
        self.with = with
        self.id = id
        self.date = date
    }

    /// The whole `Received` field, line end included.
    package var receivedField: [UInt8] {
        var writer = FieldWriter(name: "Received")
        for piece in origin { writer.append(piece) }
        for piece in ["by", Self.word(by), "with", Self.word(with), "id", "\(Self.word(id.rawValue));"] {
            writer.append(piece)
        }
        writer.append(MailDate.format(date))
        return writer.finish()
    }

    private var origin: [String] {
        let literal = clientAddress.map { "[\($0.contains(":") ? "IPv6:" : "")\(Self.word($0))]" }
        switch (clientName, literal) {
        case (nil, nil): return []
        case (let name?, nil): return ["from", Self.word(name)]
        case (nil, let literal?): return ["from", literal, "(\(literal))"]
        case (let name?, let literal?): return ["from", Self.word(name), "(\(literal))"]
        }
    }

    /// A client may call itself anything: what is no part of a host name or literal becomes a question mark.
    private static func word(_ text: String) -> String {
        let safe = text.utf8.prefix(255).map { $0.isAtomText || ".:[]".utf8.contains($0) ? $0 : UInt8(ascii: "?") }
        return safe.isEmpty ? "unknown" : String(decoding: safe, as: UTF8.self)
    }
}
