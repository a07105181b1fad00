import DeliveryPolicy
import MailModel
import Postern

@testable import EmailLog

/// Reports to be shown.
enum ReportFixtures {
    static let noon = Timestamp("2026-11-21 12:00:00")!
    static let hostile = "<script>alert(\"x\")</script> & 'quoted' \u{1B}[31m \u{202E}"

    static func record(
        sent: Int, failed: Int = 0, refused: Int = 0, milliseconds: Int64 = 400, errors: [ArmRecord.ErrorClass] = []
    ) -> ArmRecord {
        var record = ArmRecord()
        record.byStatus = [.sent: sent, .failed: failed, .queued: 2]
        record.refused = refused
        record.failures = failed + refused
        record.fellBack = refused
        record.latencies = Latencies(ascending: (0..<sent).map { milliseconds + Int64($0) })
        record.errors = errors
        return record
    }

    static func demands(_ count: Int, burst: Int = 6) -> [MailboxDemand] {
        (0..<count).map { number in
            var meter = DemandMeter("user\(number)@contoso.com", VolumeLimits())
            for _ in 0..<burst { meter.add(at: noon, recipients: 3, size: 4000) }
            return meter.demand(requestTime: .milliseconds(400))
        }
    }

    static func report(
        trial: ArmRecord = record(sent: 200, failed: 1, refused: 2),
        control: ArmRecord = record(sent: 1800, failed: 9, milliseconds: 1500), route: String = "contoso",
        shadow: TrialReport.Shadow? = nil, demands: [MailboxDemand] = demands(2),
        requestTime: Duration? = .milliseconds(400)
    ) -> TrialReport {
        TrialReport(
            route: route, settings: nil, period: (noon - .seconds(7 * 86_400))..<noon,
            beginning: .lastDays, trial: .init(arm: .trial, path: .graph, record: trial),
            control: .init(arm: .control, path: .smtp, record: control), shadow: shadow, demands: demands,
            requestTime: requestTime)
    }

    static let empty = report(trial: ArmRecord(), control: ArmRecord(), demands: [], requestTime: nil)

    static let shadow = TrialReport.Shadow(
        outcomes: [
            ShadowOutcome(
                state: .done, form: .draft, code: nil, count: 40, example: QueueID(rawValue: "q1"), words: nil),
            ShadowOutcome(
                state: .failed, form: .draft, code: "ErrorAccessDenied", count: 2, example: QueueID(rawValue: "q2"),
                words: hostile),
        ],
        findings: [
            ShadowFinding(
                kind: "header_removed", count: 7, example: QueueID(rawValue: "q3"), words: "Return-Path is removed.")
        ], latencies: Latencies(ascending: [200, 300, 400]))

    /// Graph was exercised, and no message was in an arm.
    static let shadowAlone = report(trial: ArmRecord(), control: ArmRecord(), shadow: shadow)

    static let error = ArmRecord.ErrorClass(
        path: .graph, outcome: "rejected", httpStatus: 400, errorCode: "Error<b>", errorText: hostile, attempts: 2,
        messages: 2)
}
