import MailModel

/// How the far side counts.
enum SlidingWindow {
    /// The largest sum within any window `[t, t + span)`.
    static func most(in span: Duration, _ arrivals: [(at: Instant, amount: Int64)]) -> Int64 {
        let sorted = arrivals.sorted { $0.at < $1.at }
        var first = 0
        var sum: Int64 = 0
        var most: Int64 = 0
        for arrival in sorted {
            sum += arrival.amount
            while arrival.at - sorted[first].at >= span {
                sum -= sorted[first].amount
                first += 1
            }
            most = max(most, sum)
        }
        return most
    }
}
