// The value of From, To, Cc and Bcc (RFC 5322 §3.4, the obsolete forms of §4.4, UTF-8 of RFC 6532).

package import MailModel

/// A mailbox with the name people see.
package struct NamedAddress: Hashable, Sendable {
    /// Decoded; `nil` where there is none.
    package var displayName: String?
    package var address: Address

    package init(displayName: String? = nil, address: Address) {
        self.displayName = displayName
        self.address = address
    }
}

/// What a reader finds in a list of addresses. Reading never fails; what cannot be understood is set apart.
package struct AddressList: Sendable {
    /// In order, members of groups included, repetitions kept.
    package private(set) var addresses: [NamedAddress] = []
    /// Elements that are no mailbox, as written.
    package private(set) var unparsed: [String] = []
    /// False where the reader needed leniency, so that another reader may find other people.
    package private(set) var isWellFormed = true

    package init(parsing value: some Sequence<UInt8>) {
        let bytes = Array(value)
        var splitter = AddressListSplitter(HeaderLexer.tokens(of: bytes, specials: "<>:;@,"))
        splitter.run()
        isWellFormed = splitter.isWellFormed
        for element in splitter.elements { take(element, of: bytes) }
    }

    package init(parsing value: String) { self.init(parsing: value.utf8) }

    private mutating func take(_ tokens: [HeaderToken], of bytes: [UInt8]) {
        guard let first = tokens.first, let last = tokens.last, tokens.contains(where: { $0.kind != .comment }) else {
            return
        }
        if let mailbox = Mailbox(tokens) {
            addresses.append(mailbox.named)
            isWellFormed = isWellFormed && mailbox.isWellFormed
        } else {
            unparsed.append(Charset.decodeLeniently(bytes[first.range.lowerBound..<last.range.upperBound]))
            isWellFormed = false
        }
    }
}
