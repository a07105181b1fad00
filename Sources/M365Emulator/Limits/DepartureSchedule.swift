import MailModel

/// Exchange's message rate per mailbox: what exceeds it is not refused, it leaves later (Exchange Online limits).
struct DepartureSchedule: Sendable {
    private static let minute = Duration.seconds(60)
    private var departures: [Instant] = []

    /// - Parameter rate: messages in any 60 seconds; 0 is no limit.
    /// - Returns: when the message leaves.
    mutating func schedule(at now: Instant, rate: Int) -> Instant {
        guard rate > 0 else { return now }
        var departure = max(now, departures.last ?? now)
        if departures.count >= rate { departure = max(departure, departures[departures.count - rate] + Self.minute) }
        departures.append(departure)
        departures.removeFirst(max(0, departures.count - rate))
        return departure
    }

    /// When the next one would leave.
    func next(at now: Instant, rate: Int) -> Instant {
        var copy = self
        return copy.schedule(at: now, rate: rate)
    }
}
