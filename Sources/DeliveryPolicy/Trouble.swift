import MailModel

/// What keeps a path closed.
struct Trouble: Hashable, Sendable {
    let reason: Refusal
    /// When the path first closed for it; attempts that failed since do not begin it anew, only a good answer ends it.
    let since: Instant
    /// When the next attempt may be made; `nil` while one is under way to find out.
    let until: Instant?

    /// Of two, the one that keeps the path closed for longer; the first where they are equal.
    static func longer(_ left: Trouble?, _ right: Trouble?) -> Trouble? {
        guard let left, let right else { return left ?? right }
        guard let leftEnd = left.until else { return left }
        guard let rightEnd = right.until else { return right }
        return leftEnd >= rightEnd ? left : right
    }
}
