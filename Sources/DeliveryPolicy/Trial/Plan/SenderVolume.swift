package import MailModel

/// What one sender's mail would be to one mailbox.
package struct SenderVolume: Hashable, Sendable {
    package let sender: Address
    package let messages: Int
    package let recipients: Int
    package let octets: Int64
    /// `nil` where the log knows no size.
    package let largest: Int64?
    /// Messages in any 60 seconds.
    package let busiestMinute: BusiestWindow
    /// Recipients in any 24 hours.
    package let busiestDay: BusiestWindow
    /// Messages above `recipientsPerMessage`, which are split.
    package let split: Int
    /// Messages above `mimeLimit`, which one request does not carry.
    package let oversize: Int
    /// Messages whose headers name others than their envelope, as far as the log says.
    package let unrepresentable: Int
    /// Messages that would have waited for a limit of the mailbox, and the longest of these waits.
    package let delayed: Int
    package let longestWait: Duration

    /// `nil` without messages.
    /// - Parameter messages: ascending in time.
    init?(_ sender: Address, _ messages: [LoggedMessage], _ limits: VolumeLimits) {
        let minute = BusiestWindow(of: messages.lazy.map { ($0.date, 1) }, length: .seconds(60))
        let day = BusiestWindow(of: messages.lazy.map { ($0.date, Int64($0.recipients)) }, length: .seconds(86_400))
        guard let minute, let day else { return nil }
        self.sender = sender
        self.messages = messages.count
        recipients = messages.reduce(0) { $0 + $1.recipients }
        octets = messages.reduce(0) { $0 + ($1.size ?? 0) }
        largest = messages.compactMap(\.size).max()
        (busiestMinute, busiestDay) = (minute, day)
        split = messages.count { $0.recipients > limits.recipientsPerMessage }
        oversize = messages.count { $0.size ?? 0 > limits.mimeLimit }
        unrepresentable = messages.count { $0.isUnrepresentable == true }
        var mailbox = SimulatedMailbox(limits)
        let waits = messages.map { mailbox.send($0) }
        delayed = waits.count { $0 > .zero }
        longestWait = waits.max() ?? .zero
    }
}
