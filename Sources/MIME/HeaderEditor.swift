// Turns the header a message came with into the one it leaves with. All else in the header, and the body, stays as it
// came, byte for byte:
//
// - `Received` and `X-Postern-Id` are set on top. An `X-Postern-Id` that came along is removed: the marker is ours alone.
// - `Message-ID`, `Date` and `From` are added where they are missing or empty.
// - `Bcc` and `Resent-Bcc` are removed. Where the header is all the far side sees, `Bcc` is set for those in the
//   envelope whom `To` and `Cc` do not name.
// - People in `To` and `Cc` who are not in the envelope make a message unrepresentable there, or are rewritten away.
//
// The blind-copy field is RFC 5322 §3.6.3; that Graph takes recipients from the header alone is Microsoft's "Send Outlook
// messages in MIME format".

package import MailModel

/// Writes the header for one delivery. Pure: the same arguments give the same bytes.
package struct HeaderEditor: Sendable {
    /// How the far side learns whom a message is for.
    package enum Carrier: Hashable, Sendable {
        /// From the envelope (SMTP): no `Bcc` is set, and `To` and `Cc` may name anybody.
        case envelope
        /// From the header alone (Graph's MIME form).
        case header(Extraneous)
    }

    /// What to do where `To` or `Cc` name people who are not in the envelope.
    package enum Extraneous: Hashable, Sendable {
        case refuse
        /// The field is reduced to members of the envelope, names kept; its value as it came goes to `X-Original-To` or
        /// `X-Original-Cc`. A field that nobody is left in is dropped, since Graph takes mail with `Bcc` alone.
        case rewrite
    }

    /// Values for fields a message came without.
    package struct Missing: Hashable, Sendable {
        /// With its angle brackets.
        package var messageID: String
        package var date: Timestamp
        package var from: Address

        package init(messageID: String, date: Timestamp, from: Address) {
            self.messageID = messageID
            self.date = date
            self.from = from
        }
    }

    /// For `X-Postern-Id`.
    package var id: QueueID
    /// The whole `Received` field with its line end, as `TraceInfo` writes it; empty where there is none.
    package var received: [UInt8]
    package var missing: Missing
    package var carrier: Carrier

    package init(id: QueueID, received: [UInt8], missing: Missing, carrier: Carrier) {
        self.id = id
        self.received = received
        self.missing = missing
        self.carrier = carrier
    }

    /// - Parameter header: of the whole message: where `isComplete` is false, there must be no more of it.
    package func edit(_ header: HeaderBlock, for envelope: Envelope) -> OutgoingHeader {
        var pass = HeaderPass(envelope: envelope, carrier: carrier)
        for field in header.fields { pass.take(field) }
        guard pass.extraneous.isEmpty, pass.unreadable.isEmpty else {
            return .unrepresentable(extraneous: pass.extraneous, unreadable: pass.unreadable)
        }
        return .header(top(after: pass) + pass.kept + ASCII.lineEnd)
    }

    private func top(after pass: HeaderPass) -> [UInt8] {
        var bytes = received + Array("X-Postern-Id: \(id)\r\n".utf8)
        if !pass.hasMessageID { bytes += FieldWriter.unstructured("Message-ID", missing.messageID) }
        if !pass.hasDate { bytes += FieldWriter.unstructured("Date", MailDate.format(missing.date)) }
        if !pass.hasFrom { bytes += AddressListWriter.field("From", [NamedAddress(address: missing.from)]) }
        let hidden = pass.hiddenRecipients
        if !hidden.isEmpty { bytes += AddressListWriter.field("Bcc", hidden.map { NamedAddress(address: $0) }) }
        return bytes
    }
}

extension HeaderBlock {
    /// Whether whoever takes recipients from this header alone would reach nobody but the envelope's.
    package func reachesOnly(_ envelope: Envelope) -> Bool {
        var pass = HeaderPass(envelope: envelope, carrier: .header(.refuse))
        for field in fields where field.isNamed("To") || field.isNamed("Cc") { pass.take(field) }
        return pass.extraneous.isEmpty && pass.unreadable.isEmpty
    }
}

package enum OutgoingHeader: Hashable, Sendable {
    /// The whole header with the empty line behind it; the body follows as it came, from `HeaderBlock.bodyOffset` on.
    case header([UInt8])
    /// `To` or `Cc` would bring the message to people who are not in the envelope; or hold an `@` in a text that no
    /// address can be read from, so that nobody knows whom it would reach.
    case unrepresentable(extraneous: [Address], unreadable: [String])
}
