import EmailLog
import MailModel
import NIOConcurrencyHelpers
import SMTPProtocol
import SMTPTransport

@testable import Postern

/// A reception with a real store behind it, and messages handed in as a session would.
struct Desk {
    static let routes = """
        routes:
          - name: contoso
            senders: ["*@contoso.com"]
            limits: {recipients_per_message: 3}
            graph: {tenant: t, client_id: c, client_secret: s}
          - name: shared
            senders: ["*@fabrikam.com"]
            mailbox: noreply@fabrikam.com
            mailboxes: {"boss@fabrikam.com": boss@fabrikam.com}
            graph: {tenant: t, client_id: c, client_secret: s}
        """

    static let password = "Pass word:\"1\""
    private static let hash = LocalPassword.hash(password)

    static let users = """
        users:
          - {name: reports, password_hash: "\(hash)", senders: ["reports@contoso.com", "*@sub.contoso.com"], priority: bulk}
          - {name: plain, password_hash: "\(hash)", senders: ["plain@contoso.com"]}
        """

    let directory: TemporaryDirectory
    let log: EmailLog
    let clock = ManualClock()
    let rules: NIOLockedValueBox<ReceptionRules>
    let trials = TrialBoard()
    let woken = NIOLockedValueBox<[LaneKey]>([])
    let recorder = LogRecorder()
    let reception: Reception

    init(_ yaml: String = routes + "\n" + users, listenerPriority: Priority = .normal) throws {
        directory = try TemporaryDirectory()
        log = try directory.service()
        rules = NIOLockedValueBox(ReceptionRules(try configuration(yaml)))
        let woken = woken
        reception = Reception(
            log: log, rules: rules, trials: trials, priority: { listenerPriority }, clocks: clock.clocks,
            logger: recorder.logger,
            wake: { lane, _ in woken.withLockedValue { $0.append(lane) } })
    }

    func context(user: String? = nil) -> SMTPContext {
        let here = PeerAddress(ip: "127.0.0.1", port: 2525)
        let peer = PeerAddress(ip: "192.0.2.7", port: 4711)
        return SMTPContext(connection: 1, peer: peer, local: here, clientName: "app.test", user: user)
    }

    func begin(_ envelope: Envelope, user: String? = nil) async -> IncomingMessage? {
        switch await reception.beginBody(envelope, MailParameters(), context(user: user)) {
        case .accepted(let message): message
        case .refused: nil
        }
    }

    /// A whole message in pieces of `step` bytes.
    func submit(
        _ bytes: [UInt8], _ envelope: Envelope = Envelope(sender: sender, recipients: [recipient]),
        user: String? = nil, step: Int = 64 * 1024
    ) async throws -> Reply? {
        guard var message = await begin(envelope, user: user) else { return nil }
        for start in stride(from: 0, to: bytes.count, by: step) {
            do throws(SinkFailure) {
                try await message.write(Array(bytes[start..<min(start + step, bytes.count)]))
            } catch {
                await message.abandon()
                return error.reply
            }
        }
        return await message.finish()
    }

    static let sender = address("ann@contoso.com")
    static let recipient = address("bob@example.org")

    func onlyRow() async throws -> LogRow? {
        let rows = try await log.rows(LogFilter())
        return rows.count == 1 ? rows.first : nil
    }
}

extension Reply {
    /// The id in `queued as`.
    var queueID: QueueID? {
        guard code == 250, let word = text.split(separator: " ").last else { return nil }
        return QueueID(rawValue: String(word))
    }
}
