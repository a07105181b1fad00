package import MailModel

/// What Microsoft's limits would do to the mail of an SMTP log, if each envelope sender were a mailbox of its own.
package struct VolumePlan: Hashable, Sendable {
    package let limits: VolumeLimits
    /// All of them, those without a usable sender included.
    package let messages: Int
    package let recipients: Int
    package let octets: Int64
    /// Messages of which the log does not say the size.
    package let withoutSize: Int
    /// Messages of which the log says whom their headers name.
    package let withHeaders: Int
    /// From the first message to the last; `nil` without messages.
    package let period: ClosedRange<Timestamp>?
    /// By their longest wait, then by messages, the most first.
    package let senders: [SenderVolume]
    /// What stands as the sender and is no address that a mailbox could have, by its text; the null sender under "".
    package let unusable: [String: Int]

    /// - Parameter log: in any order.
    package init(_ log: [LoggedMessage], _ limits: VolumeLimits = VolumeLimits()) {
        self.limits = limits
        let sorted = log.sorted { $0.date < $1.date }
        messages = sorted.count
        recipients = sorted.reduce(0) { $0 + $1.recipients }
        octets = sorted.reduce(0) { $0 + ($1.size ?? 0) }
        withoutSize = sorted.count { $0.size == nil }
        withHeaders = sorted.count { $0.isUnrepresentable != nil }
        period = sorted.first.flatMap { first in sorted.last.map { first.date...$0.date } }
        let byText = Dictionary(grouping: sorted, by: \.sender)
        var byAddress: [Address: [LoggedMessage]] = [:]
        var unusable: [String: Int] = [:]
        for (text, messages) in byText {
            if let address = try? Address(parsing: text) {
                byAddress[address, default: []] += messages
            } else {
                unusable[text] = messages.count
            }
        }
        self.unusable = unusable
        senders = byAddress.compactMap { address, messages in
            SenderVolume(address.lowercased, messages.sorted { $0.date < $1.date }, limits)
        }.sorted(by: Self.isFirst)
    }

    private static func isFirst(_ left: SenderVolume, _ right: SenderVolume) -> Bool {
        if left.longestWait != right.longestWait { return left.longestWait > right.longestWait }
        if left.messages != right.messages { return left.messages > right.messages }
        return left.sender.description < right.sender.description
    }
}

extension VolumePlan {
    package var oversize: Int { senders.reduce(0) { $0 + $1.oversize } }
    package var split: Int { senders.reduce(0) { $0 + $1.split } }
    package var unrepresentable: Int { senders.reduce(0) { $0 + $1.unrepresentable } }
    /// Octets; `nil` where the log knows no size.
    package var largest: Int64? { senders.compactMap(\.largest).max() }

    /// Those whose busiest minute is above what Exchange takes in one.
    package var aboveMessageRate: [SenderVolume] {
        senders.filter { $0.busiestMinute.amount > limits.mailbox.messages.amount }
    }

    /// Those whose busiest day has more recipients than a mailbox may address in one.
    package var aboveRecipientRate: [SenderVolume] {
        senders.filter { $0.busiestDay.amount > limits.mailbox.recipients.amount }
    }
}
