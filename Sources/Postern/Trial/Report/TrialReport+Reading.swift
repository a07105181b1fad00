import DeliveryPolicy
package import EmailLog
package import MailModel

extension TrialReport {
    /// How far back a report looks where no trial says when it began.
    private static let standardSpan = Duration.seconds(7 * 86_400)

    /// From the store alone, beside a service or without one.
    ///
    /// - Parameter since: messages accepted from then on; `nil`: since the present trial began, else of the last 7 days.
    package static func read(
        _ log: EmailLog, _ route: Route, since asked: Timestamp? = nil, at now: Timestamp
    ) async throws(EmailLogError) -> TrialReport {
        let standing = try await log.trials().first { $0.route == route.name }.flatMap { TrialStanding($0) }
        let since = min(asked ?? standing?.startedDate ?? now - standardSpan, now)
        // Where there is one path alone by now, a trial had the other.
        let tried = route.other ?? (route.primary == .graph ? .smtp : .graph)
        let records = try await log.armRecords(
            route: route.name, since: since,
            paths: [TrialArm.trial.rawValue: tried, TrialArm.control.rawValue: route.primary])
        let requestTime = try await log.meanAttemptTime(route: route.name, path: .graph, since: since)
        func arm(_ arm: TrialArm, _ path: Path) -> Arm {
            Arm(arm: arm, path: path, record: records[arm.rawValue] ?? ArmRecord())
        }
        return TrialReport(
            route: route.name, settings: route.trial, period: since..<now,
            beginning: asked != nil ? .asked : standing == nil ? .lastDays : .trialStart, trial: arm(.trial, tried),
            control: arm(.control, route.primary), shadow: try await shadow(log, route, since: since),
            demands: try await demands(log, route, since: since, requestTime: requestTime), requestTime: requestTime,
            rollback: standing.flatMap { $0.state == .rolledBack ? $0.reason : nil })
    }

    private static func shadow(_ log: EmailLog, _ route: Route, since: Timestamp) async throws(EmailLogError) -> Shadow?
    {
        let outcomes = try await log.shadowOutcomes(route: route.name, since: since)
        guard !outcomes.isEmpty else { return nil }
        let latencies = try await log.shadowLatencies(route: route.name, since: since)
        return Shadow(
            outcomes: outcomes, findings: try await log.shadowFindings(route: route.name, since: since),
            latencies: Latencies(ascending: latencies.map(\.milliseconds)))
    }

    private static func demands(_ log: EmailLog, _ route: Route, since: Timestamp, requestTime: Duration?)
        async throws(EmailLogError) -> [MailboxDemand]
    {
        let limits = VolumeLimits(route)
        var (ended, meter) = try await log.volume(
            route: route.name, since: since, into: (ended: [MailboxDemand](), meter: DemandMeter?.none)
        ) { state, row in
            if let last = state.meter, last.mailbox != row.mailbox {
                state.ended.append(last.demand(requestTime: requestTime))
                state.meter = nil
            }
            var meter = state.meter ?? DemandMeter(row.mailbox, limits)
            // Two copies would be made of it at each message.
            state.meter = nil
            meter.add(at: row.date, recipients: row.recipients, size: row.size)
            state.meter = meter
        }
        if let meter { ended.append(meter.demand(requestTime: requestTime)) }
        return ended.sorted(by: MailboxDemand.isFirst)
    }
}

extension VolumeLimits {
    /// As the route's mail by Graph is held to.
    init(_ route: Route) {
        self.init()
        mailbox = RouteLimits(route).lane
        recipientsPerMessage = route.limits.recipientsPerMessage
        if let graph = route.graph { mimeLimit = graph.mimeLimit }
    }
}
