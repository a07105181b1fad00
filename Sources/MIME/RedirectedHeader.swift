// The header of a copy that goes to one address alone, by a far side that takes recipients from the header (Microsoft,
// "Send Outlook messages in MIME format"). Whatever might name a recipient to any reader is taken out (RFC 5322 §3.6.3,
// §3.6.6; `Apparently-To`: RFC 2076 §3.4), what asks for receipts as well (RFC 8098 §2.1), and whatever readers might
// disagree about is reason enough to make no copy at all.

package import MailModel

package enum RedirectedHeader: Hashable, Sendable {
    /// The whole header with the empty line behind it, naming nobody but the address.
    case header([UInt8])
    /// Another reader might find other recipients in it; says why.
    case uncertain(String)
}

extension HeaderBlock {
    private static let recipients = [
        "To", "Cc", "Bcc", "Resent-To", "Resent-Cc", "Resent-Bcc", "Apparently-To",
    ]
    private static let receipts = ["Disposition-Notification-To", "Return-Receipt-To", "X-Confirm-Reading-To"]
    /// What they were is worth knowing.
    private static let kept = ["To", "Cc", "Message-ID"]

    /// - Parameters:
    ///   - received: the whole `Received` field; empty where there is none.
    ///   - missing: `messageID` in any case, since a far side may take two messages of one Message-ID for the same and
    ///     drop the later; the others where the message came without them.
    package func redirected(
        to address: Address, id: QueueID, received: [UInt8], missing: HeaderEditor.Missing
    ) -> RedirectedHeader {
        if let doubt { return .uncertain(doubt) }
        var rest: [UInt8] = []
        for field in fields { rest += Self.redirected(field) }
        var top = received + Array("X-Postern-Id: \(id)\r\n".utf8)
        top += FieldWriter.unstructured("Message-ID", missing.messageID)
        if !hasField("Date") { top += FieldWriter.unstructured("Date", MailDate.format(missing.date)) }
        if !hasField("From") { top += AddressListWriter.field("From", [NamedAddress(address: missing.from)]) }
        top += AddressListWriter.field("To", [NamedAddress(address: address)])
        let bytes = top + rest + ASCII.lineEnd
        guard HeaderBlock(parsing: bytes).names(only: address, in: bytes.count) else {
            return .uncertain("The header cannot be written so that it surely names nobody else.")
        }
        return .header(bytes)
    }

    private static func redirected(_ field: HeaderField) -> [UInt8] {
        let names = recipients + receipts + ["Message-ID", "X-Postern-Id"]
        let isChanged = names.contains(where: field.isNamed)
        let isBlankOfNeeded = field.isBlank && ["Date", "From"].contains(where: field.isNamed)
        if !isChanged, !isBlankOfNeeded { return ended(Array(field.raw)) }
        guard let name = kept.first(where: field.isNamed) else { return [] }
        return ended(Array("X-Original-\(name):".utf8) + field.body)
    }

    /// Only the last line of a message without a body can lack its end.
    private static func ended(_ bytes: [UInt8]) -> [UInt8] {
        bytes.last == ASCII.lineFeed ? bytes : bytes + ASCII.lineEnd
    }

    private func hasField(_ name: String) -> Bool { fields.contains { $0.isNamed(name) && !$0.isBlank } }

    /// Why another reader might see other fields than these.
    private var doubt: String? {
        if fields.contains(where: \.isOpaque) { return "A line of its header is no field." }
        let isStray = fields.contains { field in
            let bytes = Array(field.raw)
            return bytes.indices.contains { index in
                let next = index + 1 < bytes.count ? bytes[index + 1] : nil
                return Self.isStray(bytes[index], before: next)
            }
        }
        return isStray ? "Its header holds a control character that some readers take for the end of a line." : nil
    }

    /// A carriage return by itself, or any other control character but the tab.
    private static func isStray(_ byte: UInt8, before next: UInt8?) -> Bool {
        if byte == ASCII.carriageReturn { return next != ASCII.lineFeed }
        return (byte < ASCII.space && byte != 0x09 && byte != ASCII.lineFeed) || byte == 0x7F
    }

    /// Read once more, as if it had come from elsewhere.
    private func names(only address: Address, in length: Int) -> Bool {
        let people = fields.filter { field in Self.recipients.contains(where: field.isNamed) }
        guard isComplete, bodyOffset == length, people.count == 1, people[0].isNamed("To") else { return false }
        let list = AddressList(parsing: people[0].unfolded)
        return list.isWellFormed && list.unparsed.isEmpty && list.addresses.map(\.address) == [address]
    }
}
