package import DeliveryPolicy
package import EmailLog
package import MailModel

/// The queue as an operator wants to see it: what each lane waits for, when its next message goes, and how long it will take.
///
/// Read from the store alone, beside a service or without one, by the policy that delivery itself follows: a scheduler that
/// is told what the log remembers says of the first rows what it would say to the service.
package struct QueueReport: Sendable {
    package struct Lane: Sendable {
        package var summary: LaneSummary
        /// Of its mailbox and of its whole route.
        package var pauses: [LanePause] = []
        /// The most urgent first.
        package var waiting: [Waiting] = []
        /// When the next message goes; `nil` where that takes an event.
        package var nextStart: Timestamp?
        /// As far as limits and pauses are known; `nil` where nothing waits, or no route takes it.
        package var timeToDrain: Duration?
    }

    /// What waits of one priority.
    package struct Waiting: Sendable {
        package var priority: Priority
        package var messages: Int
        package var recipients: Int
        /// For the first row of each of its queues.
        package var waits: [Wait]
    }

    package struct Wait: Sendable {
        package var queue: LaneQueue
        package var reason: LaneWait.Reason
        package var until: Timestamp?
    }

    /// By route and mailbox.
    package var lanes: [Lane] = []
    /// All that hold now, also where nothing waits.
    package var pauses: [LanePause] = []
    package var quotas: [QuotaUse] = []
    package var trials: [RouteTrial] = []
    /// A service has the store; else nothing goes until one is started.
    package var isServed = false
}

extension QueueReport {
    /// - Parameter route: only this one.
    package static func read(
        _ log: EmailLog, _ configuration: Configuration, route: String? = nil, clocks: Clocks = .system()
    ) async throws(EmailLogError) -> QueueReport {
        let now = clocks.now()
        let outlook = try await QueueOutlook(log, configuration, clocks: clocks)
        var report = QueueReport()
        report.isServed = log.isServed
        report.pauses = try await log.pauses().filter { $0.until > now && (route ?? $0.route) == $0.route }
        report.trials = try await configuration.routes.trials(in: log, at: now).filter {
            (route ?? $0.route) == $0.route
        }
        report.quotas = outlook.quotas.filter { (route ?? $0.key.route) == $0.key.route }
        for summary in try await log.queueSummary() where (route ?? summary.route) == summary.route {
            report.lanes.append(outlook.lane(summary, report.pauses))
        }
        return report
    }
}
