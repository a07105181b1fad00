import MailModel
import Testing

@testable import EmailLog

/// Every verb on a message in every status: what the store promises, whoever implements it.
enum Verb: String, CaseIterable, Sendable {
    case claim, putBack
    case settleSent, settleFailed, settleRetry, settleUnknown, settleParts
    case hold, release, cancel, flush, resend, resendAgain, expire, postpone, recover, sweep

    /// The status it leads to; `nil` where it is refused and changes nothing.
    func result(from status: Status) -> Status? {
        switch (self, status) {
        case (.claim, .queued): .inProgress
        case (.putBack, .inProgress), (.settleRetry, .inProgress): .queued
        case (.settleSent, .inProgress), (.settleParts, .inProgress): .sent
        case (.settleFailed, .inProgress): .failed
        case (.settleUnknown, .inProgress): .unknown
        case (.hold, .queued): .held
        case (.release, .held): .queued
        case (.cancel, .queued), (.cancel, .held), (.cancel, .unknown): .cancelled
        case (.flush, .queued), (.postpone, .queued): .queued
        case (.resend, .failed), (.resend, .unknown), (.resendAgain, .failed), (.resendAgain, .unknown): .queued
        case (.resendAgain, .sent): .sent
        case (.expire, .queued): .failed
        default: nil
        }
    }

    /// - Returns: whether it did something.
    func apply(to id: QueueID, in log: EmailLog) async throws -> Bool {
        let now = after(60)
        switch self {
        case .claim: return try await log.claim(id, path: .graph, at: now) != nil
        case .putBack:
            return try await allowed(id) { () throws(EmailLogError) in try await log.putBack([id], due: now) }
        case .settleSent: return try await settle(id, .sent(keepBody: false), accepted, in: log)
        case .settleFailed: return try await settle(id, .failed(because: nil), rejected, in: log)
        case .settleRetry: return try await settle(id, .retry(at: now, spent: true), throttled, in: log)
        case .settleUnknown: return try await settle(id, .unknown, lost, in: log)
        case .settleParts:
            let part = SettledPart(
                recipients: [address("ann@fabrikam.com")], settlement: .sent(keepBody: true),
                attempt: attempt(accepted))
            return try await allowed(id) { () throws(EmailLogError) in
                _ = try await log.settle(id, parts: [part], at: now)
            }
        case .hold: return changed(id, try await log.hold(.ids([id])))
        case .release: return changed(id, try await log.release(.ids([id]), at: now))
        case .cancel: return changed(id, try await log.cancel(.ids([id])))
        case .flush: return changed(id, try await log.flush(.ids([id]), at: now))
        case .resend: return try await resend(id, again: false, in: log)
        case .resendAgain: return try await resend(id, again: true, in: log)
        case .expire:
            return try await log.expire(lane, .free, waitingSince: now, because: "too old", at: now, limit: 9) == [
                id
            ]
        case .postpone:
            return try await log.postpone(lane, .free, until: after(90), because: "paused", limit: 9) == 1
        case .recover: return try await !log.recover(at: now) { _, _ in RecoveryPolicy(.hold) }.isEmpty
        case .sweep:
            let all = Retention(bodies: .seconds(1000), failedBodies: .seconds(1000), log: .seconds(1000))
            return try await log.sweep(all, at: now) != SweepReport()
        }
    }

    private func settle(_ id: QueueID, _ settlement: Settlement, _ outcome: Outcome, in log: EmailLog) async throws
        -> Bool
    {
        try await allowed(id) { () throws(EmailLogError) in
            try await log.settle(id, settlement, attempt: attempt(outcome), at: after(60))
        }
    }

    private func resend(_ id: QueueID, again: Bool, in log: EmailLog) async throws -> Bool {
        let report = try await log.resend([id], again: again, at: after(60))
        #expect(report.requeued.count + report.repeated.count + report.refused.count == 1)
        return report.refused.isEmpty
    }

    private func changed(_ id: QueueID, _ report: OperatorReport) -> Bool {
        #expect(report.changed + report.refused.map(\.id) == [id])
        return !report.changed.isEmpty
    }

    private func allowed(_ id: QueueID, _ body: () async throws(EmailLogError) -> Void) async throws -> Bool {
        do {
            try await body()
            return true
        } catch .wrongStatus(id, _) {
            return false
        }
    }
}

@Suite struct TransitionTests {
    @Test(arguments: Status.allCases, Verb.allCases)
    func transition(from status: Status, by verb: Verb) async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let id = try await log.make(status)
        let before = try await log.row(id)
        let didSomething = try await verb.apply(to: id, in: log)
        let expected = verb.result(from: status)
        #expect(didSomething == (expected != nil))
        #expect(try await log.status(id) == expected ?? status)
        if expected == nil { #expect(try await log.row(id) == before) }
        try await log.close()
    }

    @Test(arguments: Verb.allCases.filter { ![.claim, .expire, .postpone, .recover, .sweep].contains($0) })
    func unknownMessage(_ verb: Verb) async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let id = QueueID(rawValue: "nobody")
        do {
            #expect(try await !verb.apply(to: id, in: log))
        } catch {
            #expect(error as? EmailLogError == .noSuchMessage(id))
        }
        #expect(try await log.row(id) == nil)
    }
}
