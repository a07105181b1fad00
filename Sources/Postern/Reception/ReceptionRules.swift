import DeliveryPolicy
import MailModel

/// What reception decides by; swapped whole at a reload.
struct ReceptionRules: Sendable {
    let hostname: String
    let users: [String: LocalUser]
    /// Octets of a message handed in on this machine: what the most generous listener takes.
    let largestLocalMessage: Int
    /// The most connections that the socket for sendmail may have open.
    let localConnections: Int
    private let router: Router
    private let recipientsPerMessage: [String: Int]
    let planners: [String: SendPlanner]

    init(_ configuration: Configuration) {
        hostname = configuration.hostname
        users = Dictionary(configuration.users.map { ($0.name, LocalUser($0)) }) { first, _ in first }
        largestLocalMessage = Int(configuration.listeners.largestMessage)
        localConnections = ListenerSettings.connectionShare(of: configuration)
        router = Router(
            configuration.routes.map {
                Router.Rule(name: $0.name, senders: $0.senders, mailbox: $0.mailbox, mailboxes: $0.mailboxes)
            })
        recipientsPerMessage = Dictionary(configuration.routes.map { ($0.name, $0.limits.recipientsPerMessage) }) {
            first, _ in first
        }
        planners = Dictionary(configuration.routes.map { ($0.name, SendPlanner($0)) }) { first, _ in first }
    }

    func route(headerFrom: Address?, envelopeSender: Address?) -> Router.Routing {
        router.route(headerFrom: headerFrom, envelopeSender: envelopeSender)
    }

    /// Whether a client may that has logged in as `user`; without a login the routes alone decide. A user whom a reload
    /// has taken away may nothing.
    func maySend(_ user: String?, as sender: Address?) -> Bool {
        guard let user else { return true }
        return users[user]?.maySend(as: sender) ?? false
    }

    /// More recipients than a message may have become several rows.
    func split(_ envelope: Envelope, route: String) -> [Envelope] {
        envelope.split(at: recipientsPerMessage[route] ?? envelope.recipients.count)
    }
}

extension [Listener] {
    /// What the most generous one takes, in octets; without any, what one would take by default.
    var largestMessage: Int64 {
        map(\.maxMessageSize).max() ?? ListenerDecoder.defaultListeners.map(\.maxMessageSize).max() ?? 0
    }
}

/// A user of SMTP AUTH, and what it may do.
struct LocalUser: Sendable {
    let name: String
    let passwordHash: LocalPassword?
    let priority: Priority?
    private let senders: [SenderPattern]

    init(_ user: Configuration.User) {
        name = user.name
        passwordHash = LocalPassword(user.passwordHash)
        priority = user.priority
        senders = user.senders
    }

    /// The null sender of bounces is everybody's.
    func maySend(as sender: Address?) -> Bool { sender == nil || senders.contains { $0.matches(sender) } }
}
