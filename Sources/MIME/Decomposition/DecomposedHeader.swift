// What Graph's message resource can hold of a header ("message resource type"; "internetMessageHeaders": names that begin
// with `x-`, five at most; MAPI's properties for threads and sensitivity: MS-OXPROPS, MS-OXCMAIL §2.1.3).

package struct DecomposedHeader: Sendable {
    /// `internetMessageHeaders` takes no more.
    package static let mostFields = 5

    package enum Importance: String, Hashable, Sendable { case low, normal, high }
    /// MS-OXCMSG, PidTagSensitivity.
    package enum Sensitivity: Int, Hashable, Sendable {
        case personal = 1
        case `private`, confidential
    }

    package struct Field: Hashable, Sendable {
        package var name: String
        /// Decoded and unfolded.
        package var value: String
    }

    package let subject: String
    package let from: NamedAddress
    /// `nil` where there is none, or it is the author.
    package let sender: NamedAddress?
    package let replyTo: [NamedAddress]
    package let to: [NamedAddress]
    package let cc: [NamedAddress]
    package let bcc: [NamedAddress]
    /// With its angle brackets.
    package let messageID: String?
    package let inReplyTo: String?
    package let references: String?
    package let importance: Importance
    package let sensitivity: Sensitivity?
    package let wantsReadReceipt: Bool
    package let wantsDeliveryReceipt: Bool
    /// Our marker first.
    package let fields: [Field]
    /// Names of the fields that find no place, in order, each once.
    package let omitted: [String]

    init(_ header: HeaderBlock) throws(Indecomposable) {
        func people(_ name: String) -> [NamedAddress] {
            header.all(named: name).flatMap { AddressList(parsing: $0.unfolded).addresses }
        }
        func text(_ name: String) -> String? {
            header.first(named: name).flatMap { $0.isBlank ? nil : $0.decodedValue }
        }
        let authors = people("From")
        guard authors.count == 1 else { throw .author }
        from = authors[0]
        sender = people("Sender").first.flatMap { $0.address == authors[0].address ? nil : $0 }
        (replyTo, to, cc, bcc) = (people("Reply-To"), people("To"), people("Cc"), people("Bcc"))
        subject = text("Subject") ?? ""
        (messageID, inReplyTo, references) = (text("Message-ID"), text("In-Reply-To"), text("References"))
        importance = Importance(text("Importance"), text("X-Priority") ?? text("Priority"))
        sensitivity = Sensitivity(text("Sensitivity"))
        wantsReadReceipt = text("Disposition-Notification-To") != nil
        wantsDeliveryReceipt = text("Return-Receipt-To") != nil
        let choice = FieldChoice(header.fields)
        (fields, omitted) = (choice.kept, choice.omitted)
    }
}

/// Which of the other fields go along.
private struct FieldChoice {
    /// Expressed by a property, or written anew by Exchange.
    private static let elsewhere: Set<String> = [
        "subject", "from", "sender", "reply-to", "to", "cc", "bcc", "message-id", "in-reply-to", "references",
        "importance", "x-priority", "priority", "x-msmail-priority", "sensitivity", "disposition-notification-to",
        "return-receipt-to", "date", "received", "return-path", "mime-version", "x-postern-priority",
    ]
    /// Go first, in this order; what tells of a program alone goes last.
    private static let first = ["x-postern-id", "x-original-to", "x-original-cc"]
    private static let last = ["x-mailer", "x-mimeole", "x-originating-ip"]

    private(set) var kept: [DecomposedHeader.Field] = []
    private(set) var omitted: [String] = []

    init(_ fields: [HeaderField]) {
        let others = fields.filter { !$0.isOpaque }.filter { field in
            let name = field.name.lowercased()
            return !Self.elsewhere.contains(name) && !name.hasPrefix("content-")
        }
        let candidates = others.filter { $0.name.lowercased().hasPrefix("x-") }
        let ranked = candidates.enumerated().sorted { (Self.rank($0.1), $0.0) < (Self.rank($1.1), $1.0) }
        let chosen = ranked.prefix(DecomposedHeader.mostFields)
        kept = chosen.map { DecomposedHeader.Field(name: $0.element.name, value: $0.element.decodedValue) }
        let places = Set(chosen.map(\.element.raw.startIndex))
        for field in others where !places.contains(field.raw.startIndex) && !omitted.contains(field.name) {
            omitted.append(field.name)
        }
    }

    private static func rank(_ field: HeaderField) -> Int {
        let name = field.name.lowercased()
        return first.firstIndex(of: name) ?? (last.contains(name) ? first.count + 1 : first.count)
    }
}

extension DecomposedHeader.Importance {
    /// By `Importance` (RFC 2156 §5.3.4), else by the older `X-Priority: 1` and `Priority: urgent`.
    fileprivate init(_ importance: String?, _ priority: String?) {
        let word = (importance ?? priority ?? "").lowercased()
        self =
            switch word.prefix(while: { $0.isLetter || $0.isNumber || $0 == "-" }) {
            case "high", "1", "2", "urgent", "highest": .high
            case "low", "4", "5", "non-urgent", "lowest": .low
            default: .normal
            }
    }
}

extension DecomposedHeader.Sensitivity {
    /// `Sensitivity` (RFC 2156 §5.3.4); `nil` where everybody may read it.
    fileprivate init?(_ value: String?) {
        switch value?.lowercased() {
        case "personal": self = .personal
        case "private": self = .private
        case "company-confidential": self = .confidential
        default: return nil
        }
    }
}
