import DeliveryPolicy
import MailModel
import Postern

extension PlanReport {
    var json: JSON {
        .object([
            .init("format", .string(contents.format.rawValue)),
            .init("lines", .whole(contents.lines)),
            .init("unreadable_lines", .whole(contents.unreadable.count)),
            .init("times_are_utc", .bool(contents.hasZone)),
            .init("since", .text(plan.period?.lowerBound.description)),
            .init("until", .text(plan.period?.upperBound.description)),
            .init("messages", .whole(plan.messages)),
            .init("recipients", .whole(plan.recipients)),
            .init("size", .whole(plan.octets)),
            .init("without_size", .whole(plan.withoutSize)),
            .init("split", .whole(plan.split)),
            .init("oversize", .whole(plan.oversize)),
            // Where no line says whom the headers name, it is not none, but not known.
            .init("unrepresentable", plan.withHeaders > 0 ? .whole(plan.unrepresentable) : .null),
            .init("limits", limits),
            .init("senders", .array(plan.senders.map(\.json))),
            .init(
                "unusable_senders",
                .object(plan.unusable.sorted { $0.key < $1.key }.map { .init($0.key, .whole($0.value)) })),
            .init("findings", .array(findings.all.map { .string($0) })),
            .init("unknown", .array(findings.unknowns.map { .string($0) })),
            .init("configuration", .string(configuration)),
        ])
    }

    private var limits: JSON {
        .object([
            .init("messages_per_minute", .whole(plan.limits.mailbox.messages.amount)),
            .init("recipients_per_day", .whole(plan.limits.mailbox.recipients.amount)),
            .init("recipients_per_message", .whole(plan.limits.recipientsPerMessage)),
            .init("mime_limit", .whole(plan.limits.mimeLimit)),
        ])
    }
}

extension SenderVolume {
    fileprivate var json: JSON {
        .object([
            .init("sender", .string(sender.description)),
            .init("messages", .whole(messages)),
            .init("recipients", .whole(recipients)),
            .init("size", .whole(octets)),
            .init("largest", .whole(largest)),
            .init("busiest_minute", busiestMinute.json),
            .init("busiest_day_recipients", busiestDay.json),
            .init("split", .whole(split)),
            .init("oversize", .whole(oversize)),
            .init("unrepresentable", .whole(unrepresentable)),
            .init("delayed", .whole(delayed)),
            .init("longest_wait_ms", .whole(longestWait.milliseconds)),
        ])
    }
}

extension BusiestWindow {
    fileprivate var json: JSON {
        .object([.init("start", .string(start.description)), .init("count", .whole(amount))])
    }
}
