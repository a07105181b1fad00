package import DeliveryPolicy
import MailModel

/// A configuration to begin a move with, from what a log has shown: SMTP delivers as before, Graph's credential is there
/// to be checked, and nothing goes by Graph yet.
package struct StartingConfiguration {
    /// More are one pattern for all.
    private static let mostDomains = 20

    private let plan: VolumePlan

    package init(for plan: VolumePlan) { self.plan = plan }

    /// A YAML document that `postern config check` accepts, once the secret is in the environment.
    package var yaml: String { (heading + listener + route).joined(separator: "\n") + "\n" }

    private var domains: [String] { Set(plan.senders.map(\.sender.domain)).sorted() }

    /// The domain most of the mail is from.
    private var mainDomain: String? {
        let counts = plan.senders.reduce(into: [:]) { $0[$1.sender.domain, default: 0] += $1.messages }
        let names = counts.filter { !$0.key.hasPrefix("[") }
        return names.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
    }

    private var heading: [String] {
        let period = plan.period.map { ", \(Self.day($0.lowerBound)) to \(Self.day($0.upperBound))" } ?? ""
        return ["# Begun by `postern trial plan` from \(plan.messages) messages\(period).", "store: \(Self.store)"]
    }

    private static let store = "/var/lib/postern/postern.sqlite"

    private static func day(_ moment: Timestamp) -> Substring { moment.description.prefix(10) }

    private var listener: [String] {
        let largest = plan.largest ?? 0
        let limit = largest > 35_000_000 ? (largest + largest / 10) / 1_000_000 + 1 : 35
        return [
            "smtp:", "  - listen: 127.0.0.1:2525",
            "    max_message_size: \(limit)MB\(plan.largest.map { "         # the largest so far: \($0) bytes" } ?? "")",
        ]
    }

    private var route: [String] {
        let senders = domains.isEmpty || domains.count > Self.mostDomains ? ["*"] : domains.map { "*@\($0)" }
        return [
            "routes:", "  - name: \(name)", "    senders: [\(senders.map { "\"\($0)\"" }.joined(separator: ", "))]",
            "    primary: smtp                  # as before; Graph comes later", "    smtp:",
            "      host: smtp.office365.com", "      auth: xoauth2", "    graph:",
            "      tenant: \"\(mainDomain ?? "contoso.onmicrosoft.com")\"   # or the directory's id",
            "      client_id: 00000000-0000-0000-0000-000000000000 # the application's",
            "      client_secret: {env: POSTERN_CLIENT_SECRET}",
            "    fallback: {on: []}             # nothing goes by Graph yet",
        ] + mailbox
    }

    /// Many senders of one domain are seldom as many mailboxes.
    private var mailbox: [String] {
        guard plan.senders.count > 50 else { return [] }
        return [
            "    # mailbox: noreply@\(mainDomain ?? "contoso.com")     # for senders that are no mailboxes; see limits"
        ]
    }

    private var name: String {
        let label = mainDomain?.split(separator: ".").first.map(String.init) ?? "main"
        return label.utf8.allSatisfy { 0x61...0x7A ~= $0 } ? label : "main"
    }
}
