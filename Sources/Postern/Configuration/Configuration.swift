package import DeliveryPolicy
package import EmailLog
package import GraphProtocol
package import MailModel

/// Everything an operator has decided, as immutable values. Read once by `ConfigurationFile`; a reload makes a new one.
package struct Configuration: Hashable, Sendable {
    /// The name in EHLO, in the greeting and in `Received`.
    package var hostname: String
    /// The path of the SQLite file.
    package var store: String
    package var listeners: [Listener]
    package var tls: TLSFiles?
    package var users: [User]
    /// In order: the first that matches a sender takes the message.
    package var routes: [Route]
    package var retry: RetrySchedule
    package var bounce = Bounce()
    package var retention: Retention
    package var alerts: [Alert] = Alert.defaults
    package var log: LogSettings

    package struct TLSFiles: Hashable, Sendable {
        package var certificate: String
        package var privateKey: String
    }

    /// A local user for SMTP AUTH.
    package struct User: Hashable, Sendable {
        package var name: String
        package var passwordHash: Secret
        /// The senders this user may use, in the envelope and in the header: none but these.
        package var senders: [SenderPattern]
        package var priority: Priority?
    }

    /// Who is told where a message fails for good.
    package struct Bounce: Hashable, Sendable {
        package enum Mode: String, CaseIterable, Sendable { case off, sender }

        package var mode: Mode = .off
        /// `nil`: the mailbox that the message was to be sent through.
        package var from: Address?
    }

    package struct LogSettings: Hashable, Sendable {
        package enum Format: String, CaseIterable, Sendable { case text, json }
        package enum Level: String, CaseIterable, Sendable { case trace, debug, info, notice, warning, error, critical }

        package var level: Level = .info
        package var format: Format = .text
    }
}

/// One SMTP listener.
package struct Listener: Hashable, Sendable {
    package enum TLSMode: String, CaseIterable, Sendable { case off, starttls, required, implicit }
    package enum Authentication: String, CaseIterable, Sendable { case off, optional, required }

    package var address: ListenAddress
    package var tls: TLSMode = .off
    package var authentication: Authentication = .off
    /// The networks that may connect.
    package var allow: [Network] = Network.loopback
    /// Octets, as counted by RFC 1870.
    package var maxMessageSize: Int64 = 35_000_000
    package var maxRecipients = 1000
    package var maxConnections = 500
    package var idleTimeout: Duration = .seconds(300)
    package var priority: Priority = .normal
}

/// Which mail goes which way, through which mailbox, within which limits.
package struct Route: Hashable, Sendable {
    package var name: String
    package var senders: [SenderPattern]
    /// `nil`: the From address.
    package var mailbox: Address?
    package var mailboxes: [Router.MailboxRule]
    package var limits: Limits
    /// The path that mail takes unless something is in its way; the route has it.
    package var primary = Path.graph
    package var graph: Graph?
    package var smtp: SubmissionHost?
    /// When mail leaves the primary for the other path; `nil` where there is no other.
    package var fallback: FallbackRule?
    package var unrepresentable = SendPlan.Unrepresentable.fallback
    package var trial: TrialSettings?

    /// The path that is not the primary, where the route has one.
    package var other: Path? {
        switch primary {
        case .graph: smtp == nil ? nil : .smtp
        case .smtp: graph == nil ? nil : .graph
        }
    }

    package var paths: [Path] { [primary] + [other].compactMap(\.self) }

    /// As configured, else every domain of its senders, its mailboxes and its tenant.
    package var acceptedDomains: AcceptedDomains {
        if let configured = limits.acceptedDomains { return AcceptedDomains(configured) }
        let addresses = ([mailbox].compactMap(\.self) + mailboxes.map(\.mailbox)).map(\.domain)
        let named = (addresses + [graph?.tenant].compactMap(\.self)).filter { $0.contains(".") }
        let patterns = senders.compactMap(\.wholeDomain) + named.compactMap { SenderPattern("*@\($0)") }
        return AcceptedDomains(patterns)
    }

    /// Exchange's limits, whatever the path; per mailbox, but for that of external recipients.
    package struct Limits: Hashable, Sendable {
        package var messages = Rate(30, per: .seconds(60))
        package var recipients = Rate(10_000, per: .seconds(86400))
        package var recipientsPerMessage = 500
        /// Over all mailboxes of the route; `nil`: no limit.
        package var externalRecipients: Rate?
        /// `nil`: those that the route names.
        package var acceptedDomains: [SenderPattern]?
    }
}

/// How a route reaches Microsoft Graph.
package struct Graph: Hashable, Sendable {
    package var cloud = Cloud.global
    package var loginEndpoint: String?
    package var graphEndpoint: String?
    package var caFile: String?
    package var proxy: Secret?
    package var tenant: String
    package var clientID: String
    /// In the order they are tried.
    package var credentials: [Credential]
    /// When the credential ends, where someone has said so.
    package var secretExpires: Timestamp?
    package var exactlyOnce = ExactlyOnce.off
    /// How long after an attempt without an answer its message may still show up in the mailbox.
    package var lookupAfter = Duration.seconds(300)
    package var onUnknown = Disposition.UnknownPolicy.retry
    /// Octets of raw message up to which one request carries it.
    package var mimeLimit: Int64 = 2_200_000
    /// What becomes of messages above that.
    package var large = SendPlan.Large.auto
    package var limits = Limits()

    package enum Credential: Hashable, Sendable {
        case secret(Secret)
        case certificate(file: String, password: Secret?)
        case federatedTokenFile(String)
        /// `nil`: the system-assigned identity; else a user-assigned one's client id.
        case managedIdentity(clientID: String?)
    }

    /// Graph's limits, per app and mailbox.
    package struct Limits: Hashable, Sendable {
        package var concurrencyPerMailbox = 3
        package var requests = Rate(10_000, per: .seconds(600))
        package var upload = Rate(150_000_000, per: .seconds(300))
        /// All mailboxes of the route together.
        package var concurrency = 64
    }
}
