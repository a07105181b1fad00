import MailModel

/// Amounts in the last `length` of time: at any moment, the sum over exactly one window back.
struct SlidingWindow: Sendable {
    private struct Entry: Sendable {
        var at: Instant
        var amount: Int
    }

    let length: Duration
    private var entries: [Entry] = []
    private var first = 0
    private(set) var sum = 0
    /// The largest sum there ever was.
    private(set) var peak = 0

    init(length: Duration) { self.length = length }

    mutating func add(_ amount: Int = 1, at now: Instant) {
        expire(at: now)
        entries.append(Entry(at: now, amount: amount))
        sum += amount
        peak = max(peak, sum)
    }

    mutating func sum(at now: Instant) -> Int {
        expire(at: now)
        return sum
    }

    /// How long until `amount` more fits under `limit`; zero where it does already.
    mutating func wait(for amount: Int, under limit: Int, at now: Instant) -> Duration {
        expire(at: now)
        var excess = sum + amount - limit
        guard excess > 0 else { return .zero }
        for entry in entries[first...] {
            excess -= entry.amount
            if excess <= 0 { return entry.at + length - now }
        }
        return length
    }

    /// An entry leaves the window as soon as it is exactly one length old.
    private mutating func expire(at now: Instant) {
        while first < entries.count, entries[first].at + length <= now {
            sum -= entries[first].amount
            first += 1
        }
        guard first > 1024, first * 2 > entries.count else { return }
        entries.removeFirst(first)
        first = 0
    }
}
