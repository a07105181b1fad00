import DeliveryPolicy
import EmailLog
import Logging
import MailModel
import ServiceLifecycle

/// Tells of bursts of failures while they happen: one line for each, so that nobody has to look for them.
struct BurstService: Service {
    let log: EmailLog
    let clocks: Clocks
    let logger: Logger
    let interval: Duration
    /// What finished before is history.
    private let created: Timestamp

    init(log: EmailLog, clocks: Clocks, logger: Logger, interval: Duration = .seconds(30)) {
        self.log = log
        self.clocks = clocks
        self.logger = logger
        self.interval = interval
        created = clocks.now()
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var notices = BurstNotices(from: created)
            while !Task.isCancelled {
                await look(&notices)
                guard (try? await Task.sleep(for: interval)) != nil else { return }
            }
        }
    }

    func look(_ notices: inout BurstNotices) async {
        do {
            let now = clocks.now()
            let attempts = try await log.troubledAttempts(since: notices.since, into: []) { $0.append($1) }
            for burst in notices.look(at: attempts, at: now) { tell(burst) }
        } catch {
            // The end of the service cuts a look off.
            guard !Task.isCancelled else { return }
            logger.error("bursts of failures not looked for", metadata: [LogKey.reason: "\(error)"])
        }
    }

    private func tell(_ burst: FailureBurst) {
        var metadata: Logger.Metadata = [
            LogKey.kind: "\(burst.kind.rawValue)", LogKey.route: "\(burst.route)",
            LogKey.path: "\(burst.path.rawValue)",
            LogKey.since: "\(burst.start)", LogKey.attempts: "\(burst.attempts)", LogKey.messages: "\(burst.messages)",
            LogKey.mailboxes: "\(Self.names(burst.mailboxes))", LogKey.advice: "\(burst.advice)",
        ]
        metadata[LogKey.reason] = burst.answers.first.map { "\($0.words)" }
        logger.warning("burst of failures", metadata: metadata)
    }

    /// The first three, and how many more there are.
    private static func names(_ mailboxes: [Address]) -> String {
        let named = mailboxes.prefix(3).map(\.redacted).joined(separator: ", ")
        return mailboxes.count > 3 ? "\(named) and \(mailboxes.count - 3) more" : named
    }
}
