import EmailLog
import Logging
import MIME
import MailModel
import NIOConcurrencyHelpers
import SMTPProtocol
import SMTPTransport

/// What turns a submission into accepted rows: who may send, which route takes it, and when it is safe.
struct Reception: SMTPServerHandler {
    /// By which way mail comes to a reception.
    enum Door: Hashable, Sendable {
        case network
        /// From a program on this machine.
        case sendmail
    }

    let door: Door
    let log: EmailLog
    let clocks: Clocks
    let logger: Logger
    let rules: NIOLockedValueBox<ReceptionRules>
    let trials: TrialBoard
    let priority: @Sendable () -> Priority
    /// Told where new mail waits.
    let wake: @Sendable (LaneKey, Priority) -> Void

    /// - Parameters:
    ///   - trials: those in force.
    ///   - priority: of what enters here, where neither user nor header say otherwise.
    init(
        door: Door = .network, log: EmailLog, rules: NIOLockedValueBox<ReceptionRules>,
        trials: TrialBoard = TrialBoard(),
        priority: @escaping @Sendable () -> Priority,
        clocks: Clocks,
        logger: Logger, wake: @escaping @Sendable (LaneKey, Priority) -> Void
    ) {
        self.door = door
        self.log = log
        self.rules = rules
        self.trials = trials
        self.priority = priority
        self.clocks = clocks
        self.logger = logger
        self.wake = wake
    }

    func authenticate(_ credentials: Credentials, _ context: SMTPContext) async -> Reply? {
        let refused = Reply(535, .init(5, 7, 8), "Authentication credentials invalid")
        let user = rules.withLockedValue { $0.users[credentials.user] }
        guard let password = credentials.password, credentials.actsForItself else { return refused }
        guard let hash = user?.passwordHash else {
            await LocalPassword.pretend(password)
            return refused
        }
        guard await hash.matches(password) else {
            logger.notice("authentication failed", metadata: [LogKey.client: "\(context.peer.ip)"])
            return refused
        }
        return nil
    }

    func checkSender(_ sender: Address?, _ parameters: MailParameters, _ context: SMTPContext) async -> Reply? {
        let isAllowed = rules.withLockedValue { $0.maySend(context.user, as: sender) }
        guard let user = context.user, !isAllowed else { return nil }
        return Refused.notYours(sender, user).reply
    }

    func checkRecipient(_ recipient: Address, _ context: SMTPContext) async -> Reply? { nil }

    func beginBody(
        _ envelope: Envelope, _ parameters: MailParameters, _ context: SMTPContext
    ) async -> BodyPlace<IncomingMessage> {
        let now = clocks.now()
        return .accepted(
            IncomingMessage(
                reception: self, origin: await origin(log.makeID(at: now), now, context), envelope: envelope))
    }

    private func origin(_ id: QueueID, _ now: Timestamp, _ context: SMTPContext) async -> Origin {
        switch door {
        case .sendmail: await localOrigin(id, now, userID: context.localUserID)
        case .network:
            Origin(
                client: context.peer.ip, user: context.user,
                trace: TraceInfo(
                    clientName: context.clientName, clientAddress: context.peer.ip, by: hostname,
                    with: context.protocolName, id: id, date: now))
        }
    }

    /// Of mail that an account of this machine has handed in.
    func localOrigin(_ id: QueueID, _ date: Timestamp, userID: UInt32?) async -> Origin {
        var account: String?
        if let userID { account = await LocalAccount.find(userID) }
        return Origin(
            client: "sendmail", account: account, trace: TraceInfo(by: hostname, with: "sendmail", id: id, date: date))
    }

    private var hostname: String { rules.withLockedValue(\.hostname) }

    func connectionRefused(_ peer: PeerAddress, _ reply: Reply) {
        logger.notice("connection refused", metadata: [LogKey.client: "\(peer.ip)", LogKey.reply: "\(reply)"])
    }

    func connectionClosed(_ context: SMTPContext, error: (any Error)?) {
        guard let error else { return }
        logger.debug("connection lost", metadata: [LogKey.client: "\(context.peer.ip)", LogKey.reason: "\(error)"])
    }
}

extension Credentials {
    fileprivate var password: String? {
        switch self {
        case .plain(_, _, let password), .login(_, let password): password
        case .xoauth2: nil
        }
    }

    /// Nobody acts for somebody else here (RFC 4616 §2).
    fileprivate var actsForItself: Bool {
        if case .plain(let authorization, let user, _) = self {
            authorization.isEmpty || authorization == user
        } else {
            true
        }
    }
}
