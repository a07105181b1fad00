import MailModel

/// What a lane must know of its route to choose a path. It changes with the configuration, and when a path's trouble
/// begins, ends, or has lasted long enough to move messages; not with each probe.
struct RouteOutlook: Hashable, Sendable {
    let primary: Path
    /// `nil`: there is but one path.
    let other: Path?
    /// The primary first.
    let paths: [Path]
    /// The path that a running trial tries; never the primary.
    let trial: Path?
    /// When messages leave each path that some prefer.
    private let rules: PathPair<FallbackRule?>
    /// Each path's trouble that is the whole route's, and has moved the messages that prefer it to the other.
    private var isDiverting: PathPair<Bool>
    private let isTroubled: PathPair<Bool>

    /// - Parameter troubles: of the route's breakers.
    init(_ limits: RouteLimits, troubles: PathPair<Trouble?>, at now: Instant) {
        let other = limits.other == limits.primary ? nil : limits.other
        let trial = other == limits.trialPath ? other : nil
        let rules = PathPair { path -> FallbackRule? in
            if other == nil { return nil }
            if path == limits.primary { return limits.fallback }
            return path == trial ? .ofTrial(limits.fallback) : nil
        }
        (primary, self.other, self.trial, self.rules) = (limits.primary, other, trial, rules)
        paths = other.map { [limits.primary, $0] } ?? [limits.primary]
        isTroubled = PathPair { troubles[$0] != nil }
        isDiverting = PathPair { path in
            troubles[path].flatMap { rules[path]?.diversion(from: $0) }.map { $0 <= now } ?? false
        }
    }

    func has(_ path: Path) -> Bool { path == primary || path == other }

    /// The one that rows of the queue take where nothing is wrong with it.
    func preferred(by queue: LaneQueue) -> Path {
        switch queue {
        case .free: primary
        case .trial: trial ?? primary
        case .graph: .graph
        case .smtp: .smtp
        }
    }

    /// The preferred one first.
    func paths(of queue: LaneQueue) -> [Path] { preferred(by: queue) == primary ? paths : paths.reversed() }

    func isDiverting(from path: Path) -> Bool { isDiverting[path] }

    /// As it will be when that path's trouble has lasted.
    func diverted(from path: Path) -> RouteOutlook {
        var outlook = self
        outlook.isDiverting[path] = true
        return outlook
    }

    /// True where nothing in it changes with time.
    var isUntroubled: Bool { !isTroubled[.graph] && !isTroubled[.smtp] }

    /// True where the path is closed for the whole route, or open for a probe only.
    func isTroubled(_ path: Path) -> Bool { isTroubled[path] }

    /// From when on trouble of a path sends messages that prefer it by the other; `nil`: it never does.
    func diversion(from path: Path, in trouble: Trouble) -> Instant? { rules[path]?.diversion(from: trouble) }
}
