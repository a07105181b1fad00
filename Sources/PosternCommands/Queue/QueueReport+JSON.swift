import DeliveryPolicy
import EmailLog
import MailModel
import Postern

extension QueueReport {
    /// `postern queue --json`.
    func json(_ rows: [LogRow]) -> JSON {
        .object([
            .init("service", .bool(isServed)),
            .init("lanes", .array(lanes.map(\.json))),
            .init("pauses", .array(pauses.map(\.json))),
            .init("quotas", .array(quotas.map(\.json))),
            .init("trials", .array(trials.map(\.json))),
            .init("messages", .array(rows.map(\.json))),
        ])
    }
}

extension QueueReport.Lane {
    fileprivate var json: JSON {
        .object([
            .init("route", .string(summary.route)),
            .init("mailbox", .string(summary.mailbox)),
            .init(
                "status",
                .object(
                    Status.allCases.compactMap { status in
                        summary.counts[status].map { .init(status.rawValue, .whole($0)) }
                    })),
            .init("oldest", .text(summary.oldestQueuedDate?.description)),
            .init("next_attempt_date", .text(summary.nextAttemptDate?.description)),
            .init("next_start_date", .text(nextStart?.description)),
            .init("drain_seconds", .whole(timeToDrain?.components.seconds)),
            .init("waiting", .array(waiting.map(\.json))),
            .init("pauses", .array(pauses.map(\.json))),
        ])
    }
}

extension QueueReport.Waiting {
    fileprivate var json: JSON {
        .object([
            .init("priority", .string(priority.rawValue)), .init("messages", .whole(messages)),
            .init("recipients", .whole(recipients)), .init("waits", .array(waits.map { $0.json(priority) })),
        ])
    }
}

extension QueueReport.Wait {
    fileprivate func json(_ priority: Priority) -> JSON {
        .object([
            .init("via", .text(queue.pin?.rawValue)), .init("trial", .bool(queue == .trial)),
            .init("reason", .string(reason.word)),
            .init("text", .string(reason.words(for: priority))), .init("until", .text(until?.description)),
        ])
    }
}

extension LaneWait.Reason {
    fileprivate var word: String {
        switch self {
        case .nothing: "nothing"
        case .dueDate: "due_date"
        case .pause: "pause"
        case .missingPath: "missing_path"
        case .limit(let use): use.name.rawValue
        case .attempts: "attempts"
        case .moreUrgent: "more_urgent"
        }
    }
}

extension LanePause {
    fileprivate var json: JSON {
        .object([
            .init("route", .string(route)), .init("mailbox", .text(mailbox?.description)),
            .init("path", .string(path.rawValue)), .init("since", .string(since.description)),
            .init("until", .string(until.description)), .init("cause", .string(cause.rawValue)),
            .init("reason", .string(reason)),
        ])
    }
}

extension QuotaUse {
    fileprivate var json: JSON {
        .object([
            .init("route", .string(key.route)), .init("mailbox", .text(key.mailbox?.description)),
            .init("limit", .string(key.name.rawValue)), .init("used", .whole(use.used)),
            .init("amount", .whole(use.rate.amount)), .init("window_seconds", .whole(use.rate.per.components.seconds)),
            .init("percent", .whole(use.percent)),
        ])
    }
}
