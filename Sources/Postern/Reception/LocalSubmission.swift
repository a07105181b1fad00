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

    /// A message that a route takes, not yet in the store.
    package struct Judged: Sendable {
        let message: [UInt8]
        let origin: Origin
        let verdict: Verdict

        package var lane: LaneKey { verdict.lane }
        /// The id of every row it becomes.
        package var ids: [QueueID] { verdict.envelopes.indices.map { origin.trace.id.part($0 + 1) } }
    }

    /// - Throws: `Refused`.
    package func judge(_ message: [UInt8], _ envelope: Envelope, client: String = "library") throws(Refused) -> Judged {
        let now = clocks.now()
        let trace = TraceInfo(by: rules.hostname, with: "local", id: log.makeID(at: now), date: now)
        let origin = Origin(client: client, trace: trace)
        let verdict = try rules.judge(envelope, from: origin, head: message, priority: .normal).get()
        return Judged(message: message, origin: origin, verdict: verdict)
    }

    /// - Parameter via: the only path it may take.
    package func accept(_ judged: Judged, via: Path? = nil) async throws(EmailLogError) {
        let body = try await body(of: judged.message)
        _ = try await log.accept(judged.verdict.submission(from: judged.origin, via: via, body: body))
    }

    private func body(of message: [UInt8]) async throws(EmailLogError) -> Submission.Body {
        guard message.count > EmailLog.largestInlineBody else { return .bytes(message) }
        let spool = try log.makeSpoolWriter()
        try await spool.append(message)
        return .spooled(try await spool.finish())
    }
}
