import EmailLog
import Logging
import MIME
import MailModel
import NIOConcurrencyHelpers
import NIOPosix
import SMTPProtocol
import SMTPTransport
import ServiceLifecycle

/// Takes in what was left in the maildrop while the service was down, or could not be reached.
///
/// A file's message is committed under the id in the file's name, and the file deleted after that. What cannot become a
/// message is put aside and logged; what only the store is in the way of waits.
struct MaildropService: Service {
    let maildrop: Maildrop
    private let reception: Reception
    private let interval: Duration
    /// What stays where it is, and the log has heard of once.
    private let told = NIOLockedValueBox<Set<String>>([])

    init(_ maildrop: Maildrop, _ reception: Reception, interval: Duration = .seconds(5)) {
        self.maildrop = maildrop
        self.reception = reception
        self.interval = interval
    }

    func run() async throws {
        guard prepare() else { return try await gracefulShutdown() }
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await pickUp()
                guard (try? await Task.sleep(for: interval)) != nil else { return }
            }
        }
    }

    private func prepare() -> Bool {
        do throws(Maildrop.Failure) {
            try maildrop.prepare()
            return true
        } catch {
            reception.logger.error("no maildrop", metadata: [LogKey.reason: "\(error)"])
            return false
        }
    }

    /// One look at everything that is there now.
    func pickUp() async {
        let (maildrop, now) = (maildrop, reception.clocks.now())
        do {
            let names = try await blocking {
                maildrop.sweepUnfinished(at: now)
                return try maildrop.names()
            }
            told.withLockedValue { $0.formIntersection(names) }
            for name in names {
                guard !Task.isCancelled, await take(name) else { return }
            }
        } catch let failure as Maildrop.Failure {
            tell("maildrop not readable", "", "\(failure)")
        } catch {
            // The pool for blocking work has ended, and so will we.
        }
    }

    /// - Returns: false where the others had better wait, too.
    private func take(_ name: String) async -> Bool {
        guard let parsed = MaildropName(name) else { return reject(name, "its name is none of ours") }
        let (maildrop, largest) = (maildrop, reception.rules.withLockedValue(\.largestLocalMessage))
        guard let reading = try? await blocking({ maildrop.read(name, largest: largest) }) else { return false }
        switch reading {
        case .found(let found):
            CrashPoint.reach(.maildropRead)
            return await accept(found, parsed)
        case .bad(let reason): return reject(name, reason)
        case .gone: return true
        case .unavailable(let failure):
            tell("mail in the maildrop not readable", name, "\(failure)")
            return true
        }
    }

    private func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await NIOThreadPool.singleton.runIfActive(body)
    }
}

// MARK: One message

extension MaildropService {
    private func accept(_ found: Maildrop.Found, _ name: MaildropName) async -> Bool {
        do throws(EmailLogError) {
            switch try await precedent(of: found.message, name.id) {
            case .none: return await submit(found, name)
            case .itself:
                maildrop.remove(name.description)
                return true
            case .another: return rename(name)
            }
        } catch {
            complain("message not stored", name.description, "\(error)")
            return false
        }
    }

    private enum Precedent {
        case none
        /// The service ended between the commit and the deletion.
        case itself
        case another
    }

    /// Whom its id belongs to in the store.
    private func precedent(of message: MaildropMessage, _ id: QueueID) async throws(EmailLogError) -> Precedent {
        guard let row = try await reception.log.row(id) else { return .none }
        let recipients = try await reception.log.parts(of: id).flatMap(\.recipients)
        let isItself =
            row.client == "sendmail" && row.sender == message.envelope.sender?.description ?? ""
            && row.size == message.content.count
            && Set(recipients) == Set(message.envelope.recipients.map(\.description))
        return isItself ? .itself : .another
    }

    private func submit(_ found: Maildrop.Found, _ name: MaildropName) async -> Bool {
        // Whoever wrote the file could name a day that is still to come.
        let date = min(found.message.date, reception.clocks.now())
        let origin = await reception.localOrigin(name.id, date, userID: found.userID)
        var sink = IncomingMessage(reception: reception, origin: origin, envelope: found.message.envelope)
        do throws(SinkFailure) { try await sink.write(found.message.content) } catch {
            await sink.abandon()
            return false
        }
        guard let reply = await sink.finish() else { return false }
        switch reply.class {
        case .positive, .intermediate:
            CrashPoint.reach(.maildropTaken)
            maildrop.remove(name.description)
            return true
        case .transient: return false
        case .permanent: return reject(name.description, "\(reply)", user: origin.account)
        }
    }

    /// Its id was another's by chance: it becomes a message of its own at the next look.
    private func rename(_ name: MaildropName) -> Bool {
        do throws(Maildrop.Failure) {
            try maildrop.rename(name, to: name.replacing(reception.log.makeID(at: reception.clocks.now())))
        } catch {
            tell("mail in the maildrop not readable", name.description, "\(error)")
        }
        return true
    }

    private func reject(_ name: String, _ reason: String, user: String? = nil) -> Bool {
        do throws(Maildrop.Failure) {
            try maildrop.reject(name)
            complain("mail in the maildrop not taken, put aside", name, reason, user: user)
        } catch {
            tell("mail in the maildrop neither taken nor put aside", name, "\(reason); \(error)")
        }
        return true
    }

    private func tell(_ sentence: Logger.Message, _ name: String, _ reason: String) {
        guard told.withLockedValue({ $0.insert(name).inserted }) else { return }
        complain(sentence, name, reason)
    }

    private func complain(_ sentence: Logger.Message, _ name: String, _ reason: String, user: String? = nil) {
        var metadata: Logger.Metadata = [LogKey.file: "\(maildrop.path(of: name))", LogKey.reason: "\(reason)"]
        if let user { metadata[LogKey.user] = "\(user)" }
        reception.logger.error(sentence, metadata: metadata)
    }
}
