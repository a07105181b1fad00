import MailModel

/// What one mailbox holds and has used: its rows, its limits, and a gate before each path. `Lane+Turns` has whose turn
/// it is.
struct Lane: Sendable {
    struct Flight: Sendable {
        let path: Path
        let tickets: LaneBuckets.Tickets
    }

    private(set) var window = LaneWindow()
    private(set) var limits: LaneLimits
    private(set) var buckets: LaneBuckets
    private(set) var gates = PathPair { _ in PathGate() }
    private var inFlight: [QueueID: Flight] = [:]
    var fairness = FairTurn()

    init(_ limits: LaneLimits) {
        self.limits = limits
        buckets = LaneBuckets(limits)
    }

    var inFlightCount: Int { inFlight.count }

    /// Whether no pause of this mailbox keeps rows from any of these paths.
    func isOpen(_ paths: [Path], at now: Instant) -> Bool {
        paths.allSatisfy { gates[$0].opening(at: now).map { $0 <= now } ?? false }
    }

    /// - Returns: rows that can never start under the new limits; they are no longer in the window.
    mutating func configure(_ limits: LaneLimits) -> [Waiting] {
        self.limits = limits
        buckets.configure(limits)
        let misfits = window.all.filter { !buckets.canEverFit($0) }
        for row in misfits { window.remove(row) }
        return misfits
    }

    /// False, and nothing done, where the row can never fit.
    mutating func enqueue(_ row: Waiting) -> Bool {
        guard buckets.canEverFit(row) else { return false }
        window.insert(row)
        return true
    }

    mutating func remove(_ row: Waiting) { window.remove(row) }

    /// Takes a row that can start by the path out of the window, with its tokens.
    mutating func start(_ turn: Turn, at now: Instant) {
        guard let tickets = buckets.take(for: turn.row, by: turn.path, isOverdue: turn.isOverdue, at: now) else {
            preconditionFailure("a row starts when it fits")
        }
        window.remove(turn.row)
        inFlight[turn.row.id] = Flight(path: turn.path, tickets: tickets)
        gates[turn.path].started(turn.row.id)
        fairness.taken(turn.row.priority, contending: turn.contending)
    }

    /// Counts an attempt that is under way without having been started here.
    mutating func adopt(_ row: Waiting, by path: Path) {
        inFlight[row.id] = Flight(path: path, tickets: buckets.charge(for: row, by: path))
        gates[path].adopted()
    }

    /// Takes an errand that `hasRoom(for:)`.
    mutating func start(_ errand: Errand) {
        inFlight[errand.id] = Flight(path: .graph, tickets: buckets.charge(for: errand))
        gates[.graph].started(errand.id)
    }

    /// Counts an errand that is under way without having been started here.
    mutating func adopt(_ errand: Errand) {
        inFlight[errand.id] = Flight(path: .graph, tickets: buckets.charge(for: errand))
        gates[.graph].adopted()
    }

    mutating func finished(
        _ id: QueueID, _ effect: LaneEffect, reachedFarSide: Bool, usage: Usage = .whole, at now: Instant,
        using random: inout some RandomNumberGenerator
    ) {
        guard let flight = inFlight.removeValue(forKey: id) else { return }
        if reachedFarSide { buckets.settle(flight.tickets, usage, at: now) } else { buckets.refund(flight.tickets) }
        gates[flight.path].finished(id, effect, at: now, using: &random)
    }

    /// Keeps still on one path for trouble on the way that seems to be this mailbox's alone.
    mutating func keepStill(
        on path: Path, _ refusal: Refusal, retryAfter: Duration?, at now: Instant,
        using random: inout some RandomNumberGenerator
    ) {
        gates[path].keepStill(refusal, retryAfter: retryAfter, at: now, using: &random)
    }

    mutating func hurry(at now: Instant) {
        for path in Path.allCases { gates[path].hurry(at: now) }
    }

    mutating func restore(_ spent: Spent) { buckets.restore(spent) }

    mutating func restorePause(on path: Path, _ refusal: Refusal, since: Instant, until: Instant) {
        gates[path].restore(refusal, since: since, until: until)
    }

    /// From when on the lane may be forgotten, if nothing happens; `nil` while it has rows.
    func retirement(at now: Instant) -> Instant? {
        guard window.isEmpty, inFlight.isEmpty, let unused = buckets.unused(from: now) else { return nil }
        return max(unused, gates[.graph].retirement(at: now), gates[.smtp].retirement(at: now))
    }
}
