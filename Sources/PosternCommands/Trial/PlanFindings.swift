import DeliveryPolicy
import MailModel
import Postern

/// What stands out in a volume of mail, each with what follows from it. The limits are those of "Exchange Online limits"
/// and of "Microsoft Graph service-specific throttling limits".
struct PlanFindings {
    let plan: VolumePlan
    /// The log's times are UTC.
    let hasZone: Bool

    var all: [String] {
        [rate, quota, split, oversize, unrepresentable, unusable, permission].compactMap(\.self)
    }

    /// Of what cannot be known from it, what matters.
    var unknowns: [String] {
        [
            hasZone ? nil : "The zone of its times; they are shown as it writes them.",
            headers,
            "The From header of each message. It decides the mailbox; what is counted here are envelope senders.",
            plan.withoutSize > 0 ? "The size of \(Self.messages(plan.withoutSize)), counted as small." : nil,
            "Which recipients are outside: the tenant has a limit of its own for those, by its licences "
                + "(`Get-LimitsEnforcementStatus` in Exchange PowerShell).",
            "What else sends through the same mailboxes; it counts against the same limits.",
        ].compactMap(\.self)
    }

    private var rate: String? {
        let senders = plan.aboveMessageRate
        guard let worst = senders.max(by: { $0.busiestMinute.amount < $1.busiestMinute.amount }) else {
            return
                "No sender has more than \(plan.limits.mailbox.messages.amount) messages in any minute: nothing waits for that limit."
        }
        let delayed = senders.reduce(0) { $0 + $1.delayed }
        let longestWait = senders.map(\.longestWait).max() ?? .zero
        return
            "\(Self.senders(senders)) more than \(plan.limits.mailbox.messages.amount) messages in a minute, "
            + "\(worst.sender) up to \(worst.busiestMinute.amount) (\(Self.second(worst.busiestMinute.start))). Nothing is lost: "
            + "Postern sends them as fast as the limit lets it, \(Self.messages(delayed)) later than before, by "
            + "\(longestWait.rough) at most. Where that is too late, let the sender use several mailboxes, or give urgent mail "
            + "a listener with `priority: high`."
    }

    private var quota: String? {
        let senders = plan.aboveRecipientRate
        guard let worst = senders.max(by: { $0.busiestDay.amount < $1.busiestDay.amount }) else { return nil }
        return
            "\(Self.senders(senders)) more than \(plan.limits.mailbox.recipients.amount) recipients in 24 hours, "
            + "\(worst.sender) up to \(worst.busiestDay.amount). One mailbox cannot send that: spread it over more with "
            + "`mailboxes`, or send bulk mail by a service that is made for it."
    }

    private var split: String? {
        guard plan.split > 0 else { return nil }
        return
            "\(Self.messages(plan.split)) with more than \(plan.limits.recipientsPerMessage) recipients: Postern splits them; the "
            + "To and Cc of a part are reduced to its own recipients."
    }

    private var oversize: String? {
        guard plan.oversize > 0, let largest = plan.largest else { return nil }
        return
            "\(Self.messages(plan.oversize)) above \(Quantity.text(octets: plan.limits.mimeLimit)), the largest of \(largest) bytes: "
            + "these go by SMTP also when all others go by Graph, so keep the route's `smtp` section."
    }

    private var unrepresentable: String? {
        guard plan.unrepresentable > 0 else { return nil }
        return
            "\(Self.messages(plan.unrepresentable)) whose headers name others than their envelope: Graph would send to those as "
            + "well, so `unrepresentable` decides; by default they go by SMTP."
    }

    private var headers: String? {
        if plan.withHeaders == plan.messages { return nil }
        return
            "Whom the headers name. A message whose To or Cc names people who are not in its envelope cannot go by Graph "
            + "as it is; `unrepresentable` decides what becomes of it. Mailing lists and mail that was split by domain are "
            + "like that. A CSV file with a column header_recipients can tell."
    }

    private var unusable: String? {
        let null = plan.unusable[""] ?? 0
        let others = plan.unusable.filter { !$0.key.isEmpty }
        let names = others.keys.sorted().prefix(3).map { "`\(Table.printable($0))`" }.joined(separator: ", ")
        let parts = [
            null > 0 ? "\(Self.messages(null)) with the null sender (bounces)" : nil,
            others.isEmpty
                ? nil : "\(Self.messages(others.values.reduce(0, +))) from \(names), which no mailbox can be",
        ].compactMap(\.self)
        guard !parts.isEmpty else { return nil }
        return "\(parts.joined(separator: ", and ")): they need a route for \"*\" with a `mailbox`, or are refused."
    }

    private var permission: String? {
        guard let first = plan.senders.map(\.sender.description).min() else { return nil }
        let who =
            plan.senders.count == 1 ? "the mailbox \(first)" : "the mailboxes of all \(plan.senders.count) senders"
        return
            "The application needs Mail.Send for \(who) (in Exchange by RBAC for Applications, or a shared `mailbox` that may "
            + "send as they do). A sender that is no mailbox cannot send at all."
    }

    private static func senders(_ senders: [SenderVolume]) -> String {
        senders.count == 1 ? "One sender has" : "\(senders.count) senders have"
    }

    private static func messages(_ count: Int) -> String { count == 1 ? "1 message" : "\(count) messages" }
    private static func second(_ moment: Timestamp) -> Substring { moment.description.prefix(19) }
}
