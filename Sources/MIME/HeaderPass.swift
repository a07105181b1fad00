// One walk over the fields of a header, deciding field by field what stays (see HeaderEditor).

import MailModel

struct HeaderPass {
    private let envelope: Envelope
    private let carrier: HeaderEditor.Carrier
    private let members: Set<Address>
    /// Members of the envelope whom any reader of the new header will find in To or Cc.
    private var named: Set<Address> = []
    /// False behind a line that is no field: some readers take everything from there on for the body.
    private var isSound = true

    private(set) var kept: [UInt8] = []
    private(set) var extraneous: [Address] = []
    private(set) var unreadable: [String] = []
    private(set) var hasMessageID = false
    private(set) var hasDate = false
    private(set) var hasFrom = false

    init(envelope: Envelope, carrier: HeaderEditor.Carrier) {
        self.envelope = envelope
        self.carrier = carrier
        members = carrier == .envelope ? [] : Set(envelope.recipients)
    }

    /// Those whom the header must name in Bcc. Where another reader might overlook someone in To or Cc, that person is
    /// named again: Exchange delivers one copy to an address that stands in two fields.
    var hiddenRecipients: [Address] {
        carrier == .envelope ? [] : envelope.recipients.filter { !named.contains($0) }
    }

    mutating func take(_ field: HeaderField) {
        if field.isOpaque {
            isSound = false
            keep(field)
        } else if Self.isRemoved(field) {
            return
        } else if field.isNamed("To") || field.isNamed("Cc") {
            takeRecipients(field)
        } else {
            takeOther(field)
        }
    }

    private static func isRemoved(_ field: HeaderField) -> Bool {
        ["X-Postern-Id", "Bcc", "Resent-Bcc"].contains(where: field.isNamed)
    }

    private mutating func takeOther(_ field: HeaderField) {
        let isID = field.isNamed("Message-ID")
        let isDate = field.isNamed("Date")
        let isFrom = field.isNamed("From")
        if isID || isDate || isFrom {
            guard !field.isBlank else { return }
            hasMessageID = hasMessageID || isID
            hasDate = hasDate || isDate
            hasFrom = hasFrom || isFrom
        }
        keep(field)
    }

    private mutating func takeRecipients(_ field: HeaderField) {
        guard case .header(let policy) = carrier else { return keep(field) }
        let list = AddressList(parsing: field.unfolded)
        let strangers = list.addresses.map(\.address).filter { !members.contains($0) }
        // What names nobody is left for the far side to judge, unless the field may be rewritten anyway.
        let riddles = policy == .rewrite ? list.unparsed : list.unparsed.filter(Self.mayNameSomebody)
        if strangers.isEmpty, riddles.isEmpty {
            note(list.addresses, isPlain: list.isWellFormed)
            return keep(field)
        }
        switch policy {
        case .refuse:
            for stranger in strangers where !extraneous.contains(stranger) { extraneous.append(stranger) }
            unreadable += riddles
        case .rewrite:
            rewrite(field, to: list.addresses.filter { members.contains($0.address) })
        }
    }

    /// Text without an `@` reaches nobody, not even once its encoded words are decoded.
    private static func mayNameSomebody(_ text: String) -> Bool {
        text.contains("@") || EncodedWord.decode(text).contains("@")
    }

    private mutating func rewrite(_ field: HeaderField, to remaining: [NamedAddress]) {
        let name = field.isNamed("To") ? "To" : "Cc"
        if !remaining.isEmpty { kept += AddressListWriter.field(name, remaining) }
        kept += Array("X-Original-\(name):".utf8)
        keep(field.body)
        note(remaining, isPlain: true)
    }

    private mutating func note(_ people: [NamedAddress], isPlain: Bool) {
        guard isPlain, isSound else { return }
        named.formUnion(people.map(\.address))
    }

    private mutating func keep(_ field: HeaderField) { keep(field.raw) }

    /// Only the last line of a message without a body can lack its end.
    private mutating func keep(_ bytes: ArraySlice<UInt8>) {
        kept += bytes
        if bytes.last != ASCII.lineFeed { kept += ASCII.lineEnd }
    }
}
