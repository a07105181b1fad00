/// Which senders a rule speaks of: an address, `*@domain`, `*@*.domain`, or `*`; compared without case.
package struct SenderPattern: Hashable, Sendable, CustomStringConvertible {
    private enum Form: Hashable, Sendable {
        case address(Address)
        case domain(String)
        case subdomains(String)
        case any
    }

    private let form: Form

    /// `nil` where the text is none of the four forms.
    package init?(_ text: some StringProtocol) {
        let lower = text.lowercased()
        if lower == "*" {
            form = .any
        } else if lower.hasPrefix("*@*.") {
            guard let domain = Self.domain(lower.dropFirst(4)) else { return nil }
            form = .subdomains(domain)
        } else if lower.hasPrefix("*@") {
            guard let domain = Self.domain(lower.dropFirst(2)) else { return nil }
            form = .domain(domain)
        } else {
            guard !lower.contains("*"), let address = try? Address(parsing: lower) else { return nil }
            form = .address(address)
        }
    }

    /// The null sender is matched by `*` alone.
    package func matches(_ sender: Address?) -> Bool {
        guard let sender else { return form == .any }
        return switch form {
        case .address(let address): address == sender
        case .domain(let domain): sender.domain == domain
        case .subdomains(let domain): sender.domain.hasSuffix(".\(domain)")
        case .any: true
        }
    }

    /// Higher is more specific: an address before a domain, a domain before subdomains (the longer first), `*` last.
    package var specificity: Int {
        switch form {
        case .address: 3000
        case .domain: 2000
        case .subdomains(let domain): 1000 + domain.utf8.count
        case .any: 0
        }
    }

    /// Everybody of the domain or domains that it speaks of; `nil` where it names none.
    package var wholeDomain: SenderPattern? {
        switch form {
        case .address(let address): SenderPattern(form: .domain(address.domain))
        case .domain, .subdomains: self
        case .any: nil
        }
    }

    private init(form: Form) { self.form = form }

    package var description: String {
        switch form {
        case .address(let address): address.description
        case .domain(let domain): "*@\(domain)"
        case .subdomains(let domain): "*@*.\(domain)"
        case .any: "*"
        }
    }

    private static func domain(_ text: Substring) -> String? { (try? Address(parsing: "x@\(text)"))?.domain }
}
