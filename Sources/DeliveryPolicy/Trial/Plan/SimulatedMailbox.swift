import MailModel

/// One mailbox that sends as the log says, held to its limits as a lane is, and answered without delay: what it waits for
/// are the limits alone, nothing being kept for mail that is more urgent. In order.
struct SimulatedMailbox: Sendable {
    private let limits: VolumeLimits
    private var buckets: LaneBuckets
    private var clock = Instant.start
    private var start: Timestamp?

    init(_ limits: VolumeLimits) {
        self.limits = limits
        buckets = LaneBuckets(limits.mailbox)
    }

    /// - Returns: from its date to when the last part of it goes.
    mutating func send(_ message: LoggedMessage) -> Duration {
        let first = start ?? message.date
        start = first
        let due = Instant(message.date - first)
        for part in parts(of: message, due: due) {
            clock = take(part, from: max(clock, due))
        }
        return max(.zero, clock - due)
    }

    private mutating func take(_ row: Waiting, from now: Instant) -> Instant {
        let path = limits.path(ofSize: row.size)
        guard let moment = buckets.nextAvailable(for: row, by: path, at: now),
            let tickets = buckets.take(for: row, by: path, at: moment)
        else { return now }
        buckets.settle(tickets, at: moment)
        return moment
    }

    private func parts(of message: LoggedMessage, due: Instant) -> [Waiting] {
        let most = min(limits.recipientsPerMessage, Int(limits.mailbox.recipients.amount))
        return stride(from: 0, to: max(1, message.recipients), by: most).map { start in
            Waiting(
                id: QueueID(rawValue: ""), priority: .high, due: due, recipients: min(most, message.recipients - start),
                size: message.size ?? 0)
        }
    }
}
