import MailModel

/// The turns of one mailbox's mail: which row may start next, by which path, and when.
///
/// More urgent rows go first, and within a priority the longest due. A row that is due but does not fit the limits yet
/// blocks those behind it, else a message to many recipients would never find room: all of them where it lacks what both
/// paths share, those of its own path where it lacks what is that path's alone. A row whose path is closed blocks nobody
/// of the other path, and one whose path the route does not have blocks nobody at all.
///
/// Bulk mail leaves one of the concurrent attempts on each path to others, and each priority something of the limits
/// (`Rate.reserve`). Lest it starve, a row that was passed over for too long has a turn of its own (`FairTurn`), in which
/// it may use the last attempt and the last of a short window; of a quota it leaves what it always leaves.
///
/// A row without a pin takes the path it prefers whenever that is open, and waits for a place there; the other path only
/// in a trouble that the rule for leaving the preferred one moves messages for. What it prefers is the route's primary, or,
/// for a row of a trial, the path that is tried (`RouteOutlook`).
extension Lane {
    enum Readiness: Hashable, Sendable {
        /// A row of this priority can start now.
        case now(Priority)
        case later(Instant)
        /// Only an event can change anything: an answer, or a new row.
        case idle
    }

    struct Turn: Hashable, Sendable {
        let row: Waiting
        let path: Path
        /// It was passed over for too long.
        var isOverdue = false
        /// The priorities that could have had the turn as far as pauses go.
        var contending: [Priority] = []
    }

    /// A due row that some path is open to.
    private struct Contender {
        let row: Waiting
        /// The preferred one first; never none.
        let paths: [Path]
    }

    // MARK: Now

    /// The row that is to start next, by one of the paths the route has open.
    func nextTurn(at now: Instant, through open: [Path], _ outlook: RouteOutlook) -> Turn? {
        let contenders = contenders(at: now, outlook)
        guard var turn = turn(among: contenders, at: now, through: open, outlook) else { return nil }
        turn.contending = contenders.filter { $0.paths.contains(where: open.contains) }.map(\.row.priority)
        return turn
    }

    func readiness(on path: Path, _ outlook: RouteOutlook, at now: Instant) -> Readiness {
        guard !window.isEmpty, outlook.has(path) else { return .idle }
        if let turn = turn(among: contenders(at: now, outlook), at: now, through: [path], outlook) {
            return .now(turn.row.priority)
        }
        return nextStart(on: path, outlook, at: now).map { .later($0) } ?? .idle
    }

    private func contenders(at now: Instant, _ outlook: RouteOutlook) -> [Contender] {
        window.heads.filter { $0.due <= now }.compactMap { row in
            let paths = openPaths(for: row, outlook, at: now)
            return paths.isEmpty ? nil : Contender(row: row, paths: paths)
        }
    }

    /// A turn through one path alone implies one through every set of paths with that path in it, if not the same: whether
    /// someone is blocked does not depend on `open`, and more open paths only make more rows overdue that fit. Hence a
    /// lane that is ready on a path has a turn, whatever else is open.
    private func turn(
        among contenders: [Contender], at now: Instant, through open: [Path], _ outlook: RouteOutlook
    ) -> Turn? {
        if let turn = overdue(among: contenders, at: now, through: open) { return turn }
        var blocked: [Path] = []
        for contender in contenders {
            guard hasShared(contender.row, at: now) else {
                blocked += contender.paths
                if contender.paths.allSatisfy(outlook.isTroubled) { continue } else { return nil }
            }
            for path in contender.paths where !blocked.contains(path) && hasPlace(contender.row, on: path) {
                if !hasOwn(contender.row, on: path, at: now) {
                    blocked.append(path)
                } else if open.contains(path) {
                    return Turn(row: contender.row, path: path)
                }
            }
        }
        return nil
    }

    /// The first of those that have been passed over for too long, and fit: one that does not must not stand before one that
    /// does.
    private func overdue(among contenders: [Contender], at now: Instant, through open: [Path]) -> Turn? {
        let candidates = contenders.filter { $0.paths.contains(where: open.contains) }
        for contender in candidates where contender.row.priority > candidates[0].row.priority {
            guard fairness.isDue(contender.row.priority) else { continue }
            let path = contender.paths.first { open.contains($0) && fitsOverdue(contender.row, $0, at: now) }
            if let path { return Turn(row: contender.row, path: path, isOverdue: true) }
        }
        return nil
    }

    private func fitsOverdue(_ row: Waiting, _ path: Path, at now: Instant) -> Bool {
        let available = buckets.nextAvailable(for: row, by: path, isOverdue: true, at: now)
        return gates[path].inFlight < limits.concurrency(of: path) && available.map { $0 <= now } ?? false
    }

    func hasPlace(_ row: Waiting, on path: Path) -> Bool {
        let all = limits.concurrency(of: path)
        return gates[path].inFlight < (row.priority == .bulk && all > 1 ? all - 1 : all)
    }

    private func hasShared(_ row: Waiting, at now: Instant) -> Bool {
        buckets.nextShared(for: row, at: now).map { $0 <= now } ?? false
    }

    private func hasOwn(_ row: Waiting, on path: Path, at now: Instant) -> Bool {
        buckets.nextOwn(for: row, by: path, at: now).map { $0 <= now } ?? false
    }

    // MARK: Paths

    /// From when on rows of that queue may go by the path as far as this mailbox's pauses go, not before `now`; `nil` while
    /// a probe is under way, and where they do not take the path at all.
    func opening(for queue: LaneQueue, by path: Path, _ outlook: RouteOutlook, at now: Instant) -> Instant? {
        guard outlook.has(path), let opening = gates[path].opening(at: now) else { return nil }
        if let pin = queue.pin { return pin == path ? opening : nil }
        let preferred = outlook.preferred(by: queue)
        if path == preferred || outlook.isDiverting(from: preferred) { return opening }
        let troubles = gates[preferred].troubles(at: now)
        guard let diversion = troubles.compactMap({ outlook.diversion(from: preferred, in: $0) }).min() else {
            return nil
        }
        let moment = max(opening, diversion)
        let isPreferredOpen = gates[preferred].opening(at: now).map { $0 <= moment } ?? false
        return isPreferredOpen ? nil : moment
    }

    private func openPaths(for row: Waiting, _ outlook: RouteOutlook, at now: Instant) -> [Path] {
        outlook.paths(of: row.queue).filter {
            opening(for: row.queue, by: $0, outlook, at: now).map { $0 <= now } ?? false
        }
    }

    // MARK: Later

    /// The earliest moment at which some row can start by the path, or the path is no longer blocked by a row of the
    /// other, as far as known now; `nil` while that takes an event.
    func nextStart(on path: Path, _ outlook: RouteOutlook, at now: Instant) -> Instant? {
        let heads = window.heads.map { row in
            (row: row, opening: opening(for: row.queue, by: path, outlook, at: now))
        }
        guard let first = heads.compactMap(\.opening).min() else { return nil }
        var moments: [Instant?] = []
        for head in heads {
            if let opening = head.opening, hasPlace(head.row, on: path) {
                moments.append(buckets.nextAvailable(for: head.row, by: path, at: max(opening, head.row.due)))
            }
            guard blocks(head.row, path, outlook, at: first) else { continue }
            let isOfPath = head.opening.map { $0 <= first } ?? false
            if !isOfPath { moments.append(buckets.nextShared(for: head.row, at: first)) }
            break
        }
        return moments.compactMap(\.self).min()
    }

    /// Whether the row keeps back those behind it that would go by the path.
    private func blocks(_ row: Waiting, _ path: Path, _ outlook: RouteOutlook, at now: Instant) -> Bool {
        guard row.due <= now else { return false }
        let paths = openPaths(for: row, outlook, at: now)
        if !hasShared(row, at: now) { return paths.contains(path) || !paths.allSatisfy(outlook.isTroubled) }
        return paths.contains(path) && hasPlace(row, on: path) && !hasOwn(row, on: path, at: now)
    }
}
