import EmailLog
import Logging
import MailModel

/// Tells senders of failures.
extension DeliveryManager {
    /// For every transition to F that this service makes; `nil` where nobody is to be told.
    var reporter: FailureReporter? {
        bounces.map { writer in
            FailureReporter { [clocks, logger] failed in
                guard writer.answers(failed) else { return nil }
                let submission = writer.submission(for: failed, at: clocks.now())
                if submission == nil {
                    logger.warning("no route takes mail from `bounce.from`", metadata: [LogKey.id: "\(failed.id)"])
                }
                return submission
            } accepted: { [bell, logger] report in
                logger.notice(
                    "sender told of the failure",
                    metadata: [LogKey.id: "\(report.failed)", LogKey.report: "\(report.id)"])
                bell.ring(report.lane, report.priority)
            }
        }
    }
}
