import EmailLog
import Logging
import MIME
import MailModel
import NIOConcurrencyHelpers
import SMTPProtocol
import SMTPTransport

/// One message while it arrives: in memory while it is small, in a synced spool file from then on.
struct IncomingMessage: SMTPMessageSink {
    private let reception: Reception
    private let origin: Origin
    private let envelope: Envelope
    /// All of a small message; of a large one the beginning, which holds the header.
    private var head: [UInt8] = []
    private var spool: SpoolWriter?

    init(reception: Reception, origin: Origin, envelope: Envelope) {
        self.reception = reception
        self.origin = origin
        self.envelope = envelope
    }

    mutating func write(_ bytes: [UInt8]) async throws(SinkFailure) {
        do {
            if let spool { return try await spool.append(bytes) }
            head += bytes
            guard head.count > EmailLog.largestInlineBody else { return }
            let spool = try await reception.log.makeSpoolWriter()
            try await spool.append(head)
            self.spool = spool
        } catch {
            throw SinkFailure(reception.reply(to: error, id: origin.trace.id))
        }
    }

    mutating func finish() async -> Reply? {
        let rules = reception.rules.withLockedValue { $0 }
        let size = spool?.size ?? head.count
        switch rules.judge(envelope, from: origin, head: head, size: size, priority: reception.priority()) {
        case .failure(let refused):
            spool = nil
            return refused.reply
        case .success(let verdict):
            do {
                return try await accept(verdict)
            } catch {
                return reception.reply(to: error, id: origin.trace.id)
            }
        }
    }

    mutating func abandon() async {
        spool = nil
        head = []
    }

    private mutating func accept(_ verdict: Verdict) async throws(EmailLogError) -> Reply {
        let body: Submission.Body = if let spool { .spooled(try await spool.finish()) } else { .bytes(head) }
        spool = nil
        let arm = verdict.candidate(from: origin).flatMap { reception.trials.arm(of: $0, on: verdict.lane.route) }
        let id = try await reception.log.accept(verdict.submission(from: origin, arm: arm, body: body))
        reception.logger.info(
            "message accepted",
            metadata: [
                LogKey.id: "\(id)", LogKey.route: "\(verdict.lane.route)",
                LogKey.mailbox: "\(verdict.lane.mailbox.redacted)",
                LogKey.sender: "\(envelope.sender?.redacted ?? "<>")",
                LogKey.recipients: "\(envelope.recipients.count)",
                LogKey.size: "\(body.size)",
            ])
        if let detour = verdict.detour {
            reception.logger.notice(
                "message falls back", metadata: [LogKey.id: "\(id)", LogKey.reason: "\(detour.reason)"])
        }
        reception.wake(verdict.lane, verdict.priority)
        CrashPoint.reach(.accepted)
        return Reply(250, .init(2, 0, 0), "Ok: queued as \(id)")
    }
}

extension Reception {
    /// What a client hears when the store cannot take its message: never 250, and always worth another try.
    func reply(to error: EmailLogError, id: QueueID) -> Reply {
        logger.error("message not stored", metadata: [LogKey.id: "\(id)", LogKey.reason: "\(error)"])
        return error.isStorageFull
            ? Reply(452, .init(4, 3, 1), "Insufficient system storage, try again later")
            : Reply(451, .init(4, 3, 0), "The message could not be stored, try again later")
    }
}
