import DeliveryPolicy
import DequeModule
import MailModel

/// What the far side counts within its window, as that moves along.
struct SlidingCount {
    private let rate: Rate
    private var entries: Deque<(at: Instant, amount: Int64)> = []
    private var sum: Int64 = 0
    private(set) var most: Int64 = 0

    init(_ rate: Rate) { self.rate = rate }

    /// - Returns: false where the window that ends now holds more than the limit.
    mutating func add(_ amount: Int64, at now: Instant) -> Bool {
        entries.append((now, amount))
        sum += amount
        while let first = entries.first, now - first.at >= rate.per {
            sum -= first.amount
            entries.removeFirst()
        }
        most = max(most, sum)
        return sum <= rate.amount
    }
}

/// The windows of one mailbox.
struct MailboxCounts {
    private var messages, recipients, requests, upload: SlidingCount

    init(_ limits: LaneLimits) {
        messages = SlidingCount(limits.messages)
        recipients = SlidingCount(limits.recipients)
        requests = SlidingCount(limits.requests)
        upload = SlidingCount(limits.upload)
    }

    /// - Returns: the limits that are exceeded.
    mutating func add(recipients count: Int, size: Int, by path: Path, at now: Instant) -> [String] {
        var exceeded: [String] = []
        if !messages.add(1, at: now) { exceeded.append("messages") }
        if !recipients.add(Int64(count), at: now) { exceeded.append("recipients") }
        guard path == .graph else { return exceeded }
        if !requests.add(1, at: now) { exceeded.append("requests") }
        if !upload.add(Int64(Base64.encodedLength(of: size)), at: now) { exceeded.append("octets") }
        return exceeded
    }
}
