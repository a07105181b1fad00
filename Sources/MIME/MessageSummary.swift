// What the store, the router and the delivery plan want to know of a header.

package import MailModel

package struct MessageSummary: Sendable {
    /// The first address of the first From field; `nil` where there is none.
    package let headerFrom: Address?
    package let headerFromName: String?
    /// Decoded and unfolded.
    package let subject: String?
    /// As it stands, with its angle brackets.
    package let messageID: String?
    /// From `X-Postern-Priority`; `nil` where it is missing or no known word.
    package let priority: Priority?
    /// The count of Received fields: mail that runs in circles collects them (RFC 5321 §6.3).
    package let hops: Int
    /// What is below is read when it is asked for: not every message needs it.
    private let header: HeaderBlock

    package init(of header: HeaderBlock) {
        let from = header.first(named: "From").flatMap { AddressList(parsing: $0.unfolded).addresses.first }
        headerFrom = from?.address
        headerFromName = from?.displayName
        subject = header.first(named: "Subject")?.decodedValue
        messageID = header.first(named: "Message-ID").flatMap { $0.isBlank ? nil : $0.value }
        priority = header.first(named: "X-Postern-Priority").flatMap { Priority(rawValue: $0.value.lowercased()) }
        hops = header.fields.count { $0.isNamed("Received") }
        self.header = header
    }

    package var isSigned: Bool { ContentType(of: header).isSigned }
    package var isEncrypted: Bool { ContentType(of: header).isEncrypted }

    /// In order, repetitions kept.
    package var to: [NamedAddress] { people("To") }
    package var cc: [NamedAddress] { people("Cc") }
    package var bcc: [NamedAddress] { people("Bcc") }

    /// True where the message was resent (RFC 5322 §3.6.6). `to`, `cc` and `bcc` are then still the first sender's.
    package var isResent: Bool {
        ["Resent-To", "Resent-Cc", "Resent-Bcc"].contains { header.first(named: $0) != nil }
    }

    /// Everybody in To, Cc and Bcc, once: the envelope of mail that comes without one (`sendmail -t`).
    package var recipients: [Address] { Envelope(sender: nil, recipients: (to + cc + bcc).map(\.address)).recipients }

    private func people(_ name: String) -> [NamedAddress] {
        header.all(named: name).flatMap { AddressList(parsing: $0.unfolded).addresses }
    }
}
