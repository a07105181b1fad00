import DeliveryPolicy
import EmailLog
import MailModel
import Postern

// The keys are a public interface; see docs/OPERATIONS.md.
extension TrialReport {
    static let failureMethod = "Newcombe (1998), hybrid score interval, 95 %"
    static let latencyMethod = "Price and Bonett (2002), distribution-free, 95 %"

    var json: JSON {
        .object([
            .init("route", .string(route)),
            .init("mode", .text(settings?.mode.rawValue)),
            .init("since", .string(since.description)),
            .init("until", .string(until.description)),
            .init("since_because", .string(beginning.rawValue)),
            .init("arms", .object(arms.map { .init($0.arm.rawValue, $0.json) })),
            .init("failure_rate_difference", verdict.difference.json(method: Self.failureMethod)),
            .init("median_latency_difference_ms", latencyDifference.json(method: Self.latencyMethod)),
            .init("verdict", verdictJSON),
            .init("shadow", shadow?.json ?? .null),
            .init("head_room", headRoom),
        ])
    }

    private var verdictJSON: JSON {
        .object([
            .init("word", .string(verdict.word.rawValue)),
            .init("reason", .string(verdict.reason)),
            .init("tolerance", .number(tolerance)),
            .init("missing_messages", .whole(verdict.missing)),
            .init("messages_per_day", outlook.map { .number($0.messagesPerDay) } ?? .null),
            .init("expected_date", .text(outlook?.date?.description)),
        ])
    }

    private var headRoom: JSON {
        .object([
            .init("request_time_ms", .whole(requestTime?.milliseconds)),
            .init("mailboxes", .array(demands.map(\.json))),
        ])
    }
}

extension TrialReport.Arm {
    fileprivate var json: JSON {
        .object([
            .init("path", .string(path.rawValue)),
            .init("messages", .whole(record.messages)),
            .init("status", .object(Status.allCases.map { .init($0.rawValue, .whole(record.byStatus[$0] ?? 0)) })),
            .init("ended", .whole(record.ended)),
            .init("waiting", .whole(record.waiting)),
            .init("failures", .whole(record.failures)),
            .init("failure_rate", record.ended > 0 ? .number(failures.rate) : .null),
            .init("failed", .whole(record.byStatus[.failed] ?? 0)),
            .init("refused", .whole(record.refused)),
            .init("fell_back", .whole(record.fellBack)),
            .init("throttled", .whole(record.throttled)),
            .init("lost_answers", .whole(record.lost)),
            .init("latency_ms", record.latencies.percentiles?.json ?? .null),
            .init("errors", .array(record.errors.map(\.json))),
        ])
    }
}

extension ArmRecord.ErrorClass {
    fileprivate var json: JSON {
        .object([
            .init("path", .string(path.rawValue)), .init("outcome", .string(outcome)),
            .init("http_status", .whole(httpStatus)), .init("error_code", .text(errorCode)),
            .init("error_text", .text(errorText)), .init("attempts", .whole(attempts)),
            .init("messages", .whole(messages)),
        ])
    }
}

extension Interval? {
    fileprivate func json(method: String) -> JSON {
        guard let self else { return .null }
        return .object([
            .init("estimate", .number(self.estimate)), .init("lower", .number(self.lower)),
            .init("upper", .number(self.upper)), .init("method", .string(method)),
        ])
    }
}

extension MailboxDemand {
    fileprivate var json: JSON {
        .object([
            .init("mailbox", .string(mailbox)),
            .init("messages", .whole(messages)),
            .init("recipients", .whole(recipients)),
            .init("size", .whole(octets)),
            .init("delayed", .whole(delayed)),
            .init("longest_wait_ms", .whole(longestWait.milliseconds)),
            .init("limits", .object(needs.map { .init($0.limit.rawValue, $0.json) })),
        ])
    }
}

extension MailboxDemand.Need {
    fileprivate var json: JSON {
        .object([
            .init("needed", .number(amount)), .init("allowed", .whole(allowed)),
            .init("per_ms", .whole(per?.milliseconds)), .init("share", .number(share)),
            .init("start", .string(start.description)),
        ])
    }
}
