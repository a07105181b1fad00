/// The queues in which a lane's mail of one priority waits, each in its own order: rows of one may take the same paths, so
/// that whatever one queue waits for keeps back no other.
package enum LaneQueue: String, Hashable, Sendable, CaseIterable {
    /// May take any path, the route's primary first.
    case free
    /// May take Graph only.
    case graph
    /// May take SMTP only.
    case smtp
    /// May take any path, the one that a trial tries first.
    case trial

    /// - Parameters:
    ///   - via: the only path that a row may take.
    ///   - isTrial: it is in a trial's arm of that name.
    package init(via: Path?, isTrial: Bool) {
        switch via {
        case .graph: self = .graph
        case .smtp: self = .smtp
        case nil: self = isTrial ? .trial : .free
        }
    }

    /// The rows that may take no other path.
    package init(boundTo path: Path) { self.init(via: path, isTrial: false) }

    /// Its place among all.
    package var rank: Int {
        switch self {
        case .free: 0
        case .graph: 1
        case .smtp: 2
        case .trial: 3
        }
    }

    /// The only path its rows may take.
    package var pin: Path? {
        switch self {
        case .graph: .graph
        case .smtp: .smtp
        case .free, .trial: nil
        }
    }
}
