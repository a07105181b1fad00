/// The one state a row of `email_log` is in.
package enum Status: String, Hashable, Sendable, CaseIterable {
    /// Waits for its first or next attempt.
    case queued = "Q"
    /// Is being attempted; committed before the first byte leaves.
    case inProgress = "P"
    /// Accepted by Microsoft.
    case sent = "S"
    /// Failed for good: refused, or given up.
    case failed = "F"
    /// Held by an operator.
    case held = "H"
    /// Cancelled by an operator.
    case cancelled = "C"
    /// An answer was lost and could not be looked up; an operator decides.
    case unknown = "U"

    /// What tables and people call it.
    package var word: String {
        switch self {
        case .queued: "queued"
        case .inProgress: "in progress"
        case .sent: "sent"
        case .failed: "failed"
        case .held: "held"
        case .cancelled: "cancelled"
        case .unknown: "unknown"
        }
    }

    /// No further attempt follows by itself.
    package var isFinal: Bool { self == .sent || self == .failed || self == .cancelled }
}

/// The two ways out of the house.
package enum Path: String, Hashable, Sendable, CaseIterable {
    case graph, smtp

    /// What people call it.
    package var title: String {
        switch self {
        case .graph: "Graph"
        case .smtp: "SMTP"
        }
    }
}

/// Who goes first inside a lane; from the listener, the user or the header `X-Postern-Priority`.
package enum Priority: String, Hashable, Sendable, CaseIterable, Comparable {
    case high, normal, bulk

    /// 0 is the most urgent; the order rows are claimed in.
    package var rank: Int {
        switch self {
        case .high: 0
        case .normal: 1
        case .bulk: 2
        }
    }

    package static func < (left: Priority, right: Priority) -> Bool { left.rank < right.rank }
}
