import MailModel

/// What a lane must know of its route to choose a path. It changes with the configuration, and when a path's trouble
/// begins, ends, or has lasted long enough to move messages; not with each probe.
struct RouteOutlook: Hashable, Sendable {
    let primary: Path
    /// `nil`: there is but one path.
    let other: Path?
    let fallback: FallbackRule?
    /// The primary's trouble, which is the whole route's, has moved the messages to the other path.
    private(set) var isDiverting: Bool
    private let isTroubled: PathPair<Bool>

    /// - Parameter troubles: of the route's breakers.
    init(_ limits: RouteLimits, troubles: PathPair<Trouble?>, at now: Instant) {
        primary = limits.primary
        other = limits.other == limits.primary ? nil : limits.other
        fallback = other == nil ? nil : limits.fallback
        isTroubled = PathPair { troubles[$0] != nil }
        isDiverting = false
        isDiverting = diversion(from: troubles[primary]).map { $0 <= now } ?? false
    }

    /// The primary first.
    var paths: [Path] { other.map { [primary, $0] } ?? [primary] }

    /// As it will be when the primary's trouble has lasted.
    var diverted: RouteOutlook {
        var outlook = self
        outlook.isDiverting = true
        return outlook
    }

    /// True where the path is closed for the whole route, or open for a probe only.
    func isTroubled(_ path: Path) -> Bool { isTroubled[path] }

    /// From when on the primary's trouble sends messages by the other path; `nil`: it never does.
    func diversion(from trouble: Trouble?) -> Instant? { trouble.flatMap { fallback?.diversion(from: $0) } }
}
