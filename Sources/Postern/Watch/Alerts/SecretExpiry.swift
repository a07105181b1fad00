import MailModel

/// The day on which a route's credential ends, as its `secret_expires` says.
struct SecretExpiry: Hashable, Sendable {
    var route: String
    var date: Timestamp

    /// Whole days ahead at which a warning is due; 0 is the day itself.
    private static let thresholds = [60, 30, 7, 1, 0]

    /// Whole days that are left, rounded down; negative once it is over.
    func daysLeft(at now: Timestamp) -> Int {
        let day: Int64 = 86_400_000
        let left = date.milliseconds - now.milliseconds
        return Int(left >= 0 ? left / day : -((-left + day - 1) / day))
    }

    /// The nearest threshold that has been reached; `nil` while all is well.
    func threshold(at now: Timestamp) -> Int? {
        let left = date - now
        return Self.thresholds.last { left <= .seconds(86400 * $0) }
    }

    func text(at now: Timestamp) -> String {
        let days = daysLeft(at: now)
        let day = "\(date.description.prefix(10))"
        return days < 0 || date <= now
            ? "the credential of route \(route) has expired on \(day)"
            : "the credential of route \(route) expires on \(day), in \(days) \(days == 1 ? "day" : "days")"
    }
}

/// Which warnings this process has given: each once.
struct SecretWarnings: Sendable {
    private var given: [SecretExpiry: Int] = [:]

    /// Those to be given now.
    mutating func due(_ expiries: [SecretExpiry], at now: Timestamp) -> [SecretExpiry] {
        expiries.filter { expiry in
            guard let threshold = expiry.threshold(at: now), threshold < given[expiry] ?? .max else { return false }
            given[expiry] = threshold
            return true
        }
    }
}
