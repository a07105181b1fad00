package import MailModel

/// The domains whose recipients are a tenant's own (Exchange Online: accepted domains). Who is not in one of them is external.
package struct AcceptedDomains: Hashable, Sendable {
    private let patterns: [SenderPattern]

    /// - Parameter patterns: `*@domain`, and `*@*.domain` for its subdomains; each counts once.
    package init(_ patterns: [SenderPattern] = []) {
        self.patterns = patterns.enumerated().filter { !patterns[..<$0].contains($1) }.map(\.element)
    }

    /// How many of the recipients are external.
    package func externals(among recipients: some Sequence<Address>) -> Int {
        recipients.reduce(0) { count, recipient in
            patterns.contains { $0.matches(recipient) } ? count : count + 1
        }
    }

    package var isEmpty: Bool { patterns.isEmpty }

    /// As the configuration spells them.
    package var domains: [String] { patterns.map { String($0.description.dropFirst(2)) } }
}
