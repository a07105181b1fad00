package import EmailLog
import MIME
package import MailModel

/// Mail handed in on this machine without a socket: judged by the same rules, taken into the same store.
package struct LocalSubmission: Sendable {
    private let rules: ReceptionRules
    private let log: EmailLog
    private let clocks: Clocks

    package init(_ configuration: Configuration, log: EmailLog, clocks: Clocks) {
        rules = ReceptionRules(configuration)
        self.log = log
        self.clocks = clocks
    }

    /// - Parameter start: `.inProgress` where the caller attempts it at once.
    /// - Returns: the id of every row, and the lane they wait in.
    /// - Throws: `Refused`, `EmailLogError`.
    package func accept(
        _ message: [UInt8], _ envelope: Envelope, client: String = "library", start: Submission.Start = .queued
    ) async throws -> (ids: [QueueID], lane: LaneKey) {
        let now = clocks.now()
        let id = log.makeID(at: now)
        let origin = Origin(client: client, trace: TraceInfo(by: rules.hostname, with: "local", id: id, date: now))
        let verdict = try rules.judge(envelope, from: origin, head: message, priority: .normal).get()
        let body = try await body(of: message)
        _ = try await log.accept(verdict.submission(from: origin, start: start, body: body))
        return (verdict.envelopes.indices.map { id.part($0 + 1) }, verdict.lane)
    }

    private func body(of message: [UInt8]) async throws(EmailLogError) -> Submission.Body {
        guard message.count > EmailLog.largestInlineBody else { return .bytes(message) }
        let spool = try log.makeSpoolWriter()
        try await spool.append(message)
        return .spooled(try await spool.finish())
    }
}
