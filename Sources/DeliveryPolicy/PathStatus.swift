package import MailModel

/// How one path does, of a lane or of a whole route, for people.
package struct PathStatus: Hashable, Sendable {
    package let path: Path
    package let inFlight: Int
    /// When the next attempt may be made; `nil` where nothing forbids one now, or while one is probing.
    package let pausedUntil: Instant?
    /// Why it is closed, or open for one probe only; `nil` where it is well.
    package let reason: Refusal?
    /// The trouble is the whole route's, not this mailbox's.
    package let isRouteWide: Bool
    /// When the path first closed for this trouble.
    package let troubleSince: Instant?
    /// One attempt is under way to find out whether the trouble is over.
    package let isProbing: Bool

    init(_ path: Path, inFlight: Int, _ trouble: Trouble?, isRouteWide: Bool, at now: Instant) {
        self.path = path
        self.inFlight = inFlight
        pausedUntil = trouble?.until.flatMap { $0 > now ? $0 : nil }
        reason = trouble?.reason
        self.isRouteWide = trouble != nil && isRouteWide
        troubleSince = trouble?.since
        isProbing = trouble != nil && trouble?.until == nil
    }
}
