import MIME
import MailModel

/// A message as transport takes it: who gets it, and what they see.
struct OutgoingMessage: Sendable {
    /// The address in From.
    var from: String
    /// To, Cc and Bcc together, without repetitions: Graph has no other envelope.
    var recipients: [Address] = []
    /// Elements of those fields that are no addresses.
    var badRecipients: [String] = []
    var mime: [UInt8]
    var messageID: String
    var subject: String

    /// From a whole message, as handed in. Bcc is taken out; Message-ID, Date and From are added where they are missing.
    init(mime bytes: [UInt8], mailbox: String, messageID fallback: String, date: Timestamp) {
        let header = HeaderBlock(parsing: bytes)
        var fields = header.fields.filter { !$0.isNamed("Bcc") }.flatMap { Array($0.raw) }
        func add(_ name: String, _ value: String) -> String {
            if let field = header.first(named: name), !field.isBlank { return field.value }
            fields = Array("\(name): \(value)\r\n".utf8) + fields
            return value
        }
        messageID = add("Message-ID", fallback)
        _ = add("Date", date.mailDate)
        let from = AddressList(parsing: add("From", mailbox))
        self.from = from.addresses.first?.address.description ?? mailbox
        subject = header.first(named: "Subject")?.decodedValue ?? ""
        mime = fields + (header.isComplete ? Array("\r\n".utf8) : []) + bytes[header.bodyOffset...]
        for name in ["To", "Cc", "Bcc"] {
            for field in header.all(named: name) { addRecipients(AddressList(parsing: field.unfolded)) }
        }
    }

    private mutating func addRecipients(_ list: AddressList) {
        for entry in list.addresses { add(entry.address) }
        badRecipients += list.unparsed
    }

    /// SMTP has an envelope, and the header's recipients say nothing.
    mutating func useEnvelope(_ envelope: Envelope) {
        recipients = envelope.recipients
        badRecipients = []
    }

    static func hasFrom(_ bytes: [UInt8]) -> Bool {
        guard let field = HeaderBlock(parsing: bytes).first(named: "From") else { return false }
        return !AddressList(parsing: field.unfolded).addresses.isEmpty
    }

    private mutating func add(_ recipient: Address) {
        if !recipients.contains(recipient) { recipients.append(recipient) }
    }

    /// The From that Exchange puts in place of one it does not believe.
    mutating func replaceFrom(by mailbox: String) {
        replaceField("From", by: "From: <\(mailbox)>\r\n")
        from = mailbox
    }

    /// Another id takes the place of the message's own, which moves to a field of Microsoft's (seen on SMTP submission).
    mutating func replaceMessageID(by id: String) {
        replaceField("Message-ID", by: "Message-ID: \(id)\r\nX-Microsoft-Original-Message-ID: \(messageID)\r\n")
        messageID = id
    }

    private mutating func replaceField(_ name: String, by text: String) {
        let header = HeaderBlock(parsing: mime)
        let fields = header.fields.flatMap { $0.isNamed(name) ? Array(text.utf8) : Array($0.raw) }
        mime = fields + mime[fieldsEnd(header)...]
    }

    private func fieldsEnd(_ header: HeaderBlock) -> Int { header.fields.last?.raw.endIndex ?? 0 }
}
