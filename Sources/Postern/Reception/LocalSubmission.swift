import DeliveryPolicy
package import EmailLog
import MIME
package import MailModel

/// Mail handed in on this machine without a socket: judged by the same rules, taken into the same store.
package struct LocalSubmission: Sendable {
    private let rules: ReceptionRules
    private let routes: [Route]
    private let log: EmailLog
    private let clocks: Clocks

    package init(_ configuration: Configuration, log: EmailLog, clocks: Clocks) {
        rules = ReceptionRules(configuration)
        routes = configuration.routes
        self.log = log
        self.clocks = clocks
    }

    /// The way a message takes, if nothing is in its way.
    package struct Preview: Sendable {
        package let lane: LaneKey
        /// Octets.
        package let size: Int
        /// For each row it becomes.
        package let recipientCounts: [Int]
        package let choice: SendChoice

        fileprivate init(_ verdict: Verdict, _ message: [UInt8]) {
            lane = verdict.lane
            size = message.count
            recipientCounts = verdict.envelopes.map(\.recipients.count)
            let whole = SendPlanner.Message(
                header: HeaderBlock(parsing: message), size: message.count, envelopes: verdict.envelopes,
                via: verdict.via)
            choice = verdict.planner.choose(whole)
        }
    }

    /// A message that a route takes, not yet in the store.
    package struct Judged: Sendable {
        let message: [UInt8]
        let origin: Origin
        let verdict: Verdict

        package var lane: LaneKey { verdict.lane }
        package var choice: SendChoice { Preview(verdict, message).choice }
        /// The id of every row it becomes.
        package var ids: [QueueID] { verdict.envelopes.indices.map { origin.trace.id.part($0 + 1) } }
    }

    /// What would become of a message; needs no store.
    ///
    /// - Parameter via: the only path it may take.
    /// - Throws: `Refused`.
    package static func preview(
        _ message: [UInt8], _ envelope: Envelope, via: Path? = nil, _ configuration: Configuration, at now: Timestamp
    ) throws(Refused) -> Preview {
        let trace = TraceInfo(by: configuration.hostname, with: "local", id: QueueID(rawValue: "preview"), date: now)
        let verdict = try ReceptionRules(configuration).judge(
            envelope, from: Origin(client: "library", trace: trace), head: message, size: message.count,
            priority: .normal, via: via
        ).get()
        return Preview(verdict, message)
    }

    /// - Parameter via: the only path it may take.
    /// - Throws: `Refused`.
    package func judge(
        _ message: [UInt8], _ envelope: Envelope, client: String = "library", via: Path? = nil
    ) throws(Refused) -> Judged {
        let now = clocks.now()
        let trace = TraceInfo(by: rules.hostname, with: "local", id: log.makeID(at: now), date: now)
        let origin = Origin(client: client, trace: trace)
        let verdict = try rules.judge(
            envelope, from: origin, head: message, size: message.count, priority: .normal, via: via
        ).get()
        return Judged(message: message, origin: origin, verdict: verdict)
    }

    /// - Parameters:
    ///   - wantsReport: whether its sender is to be told where it fails for good.
    ///   - isTried: it may take part in its route's trial.
    package func accept(
        _ judged: Judged, wantsReport: Bool = true, isTried: Bool = false
    ) async throws(EmailLogError) {
        let arm = isTried ? try await arm(of: judged) : nil
        let body = try await body(of: judged.message)
        var submission = judged.verdict.submission(from: judged.origin, arm: arm, body: body)
        submission.wantsReport = wantsReport
        _ = try await log.accept(submission)
    }

    /// By the trial as the store has it.
    private func arm(of judged: Judged) async throws(EmailLogError) -> TrialArm? {
        guard let message = judged.verdict.candidate(from: judged.origin),
            let route = routes.first(where: { $0.name == judged.lane.route })
        else { return nil }
        return try await [route].trials(in: log, at: clocks.now()).first?.running?.arm(of: message)
    }

    private func body(of message: [UInt8]) async throws(EmailLogError) -> Submission.Body {
        guard message.count > EmailLog.largestInlineBody else { return .bytes(message) }
        let spool = try await log.makeSpoolWriter()
        try await spool.append(message)
        return .spooled(try await spool.finish())
    }
}
