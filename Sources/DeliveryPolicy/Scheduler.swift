package import MailModel

/// Decides which of the waiting messages starts now, and by which path: within each mailbox's limits, fairly between
/// mailboxes, nothing during a pause. A value without clock or I/O; the shell feeds it events and carries out its starts.
///
/// An event costs O(log n) in the number of lanes, and O(window) in the rows of one lane; only where a route's path breaks
/// down, moves its messages or recovers, all lanes of that route are looked at once. A row is in it from `enqueue`
/// until it is removed or finished; the store remains the owner of everything that waits.
package struct Scheduler: Sendable {
    /// An attempt to make now. It ends with `finished`, whatever happens.
    package struct Start: Hashable, Sendable {
        package let id: QueueID
        package let lane: LaneKey
        package let path: Path
    }

    package enum Enqueued: Hashable, Sendable {
        case waiting
        /// It is here already, waiting or in flight.
        case duplicate
        /// No route has that name.
        case unknownRoute
        /// It can never start under these limits; says what to do.
        case neverFits(Refusal)
    }

    /// A row that found no room in a quota of its whole route. It has left, and is to be enqueued again then.
    package struct PutOff: Hashable, Sendable {
        package let id: QueueID
        package let lane: LaneKey
        package let until: Instant
        package let use: LimitUse
    }

    private struct Row: Sendable {
        let waiting: Waiting
        let lane: LaneKey
        /// The path it is in flight by.
        var path: Path?
    }

    private(set) var routes = RouteTable()
    private var rows: [QueueID: Row] = [:]
    /// Those under way.
    private var errands: [QueueID: Errand] = [:]

    private var putOff: [PutOff] = []

    package init() {}

    /// Adds a route, or changes its limits: what was spent and what is paused stays. Attempts that are under way since
    /// before an earlier route of the name was removed count in the new one.
    /// - Returns: rows that no longer fit; they have left, and `enqueue` would say why.
    @discardableResult
    package mutating func configure(_ route: String, _ limits: RouteLimits, at now: Instant) -> [QueueID] {
        guard let misfits = routes[route]?.configure(limits, at: now) else {
            routes[route] = RouteLanes(limits)
            for row in rows.values.sorted(by: { $0.waiting.id < $1.waiting.id }) where row.lane.route == route {
                guard let path = row.path else { continue }
                routes[route]?.adopt(row.waiting, by: path, of: row.lane.mailbox, at: now)
            }
            for errand in errands.values.sorted(by: { $0.id < $1.id }) where errand.lane.route == route {
                routes[route]?.adopt(errand, at: now)
            }
            return []
        }
        for row in misfits { rows[row.id] = nil }
        return misfits.map(\.id)
    }

    /// Takes a route out with all that waits there; attempts in flight may still finish.
    /// - Returns: the rows that have left.
    package mutating func remove(route: String) -> [QueueID] {
        routes[route] = nil
        let leaving = rows.filter { $0.value.lane.route == route && $0.value.path == nil }.keys.sorted()
        for id in leaving { rows[id] = nil }
        return leaving
    }

    /// Recipients of the route count otherwise from now on: what waits there leaves, to be enqueued anew, and nothing of the
    /// route's quota is spent (`restoreQuota`). What mailboxes have spent, and what is paused, stays.
    package mutating func recount(route: String, at now: Instant) {
        let leaving = rows.filter { $0.value.lane.route == route && $0.value.path == nil }.keys
        for id in leaving { rows[id] = nil }
        let underWay = rows.values.filter { $0.lane.route == route }.map(\.waiting).sorted { $0.id < $1.id }
        let errands = errands.values.filter { $0.lane.route == route }.sorted { $0.id < $1.id }
        routes[route]?.recount(underWay, errands, at: now)
    }

    /// Books what the log says was spent of the route's quota.
    package mutating func restoreQuota(route: String, _ spent: some Sequence<Spent>) {
        for entry in spent { routes[route]?.restoreQuota(entry) }
    }

    package mutating func enqueue(_ row: Waiting, lane key: LaneKey, at now: Instant) -> Enqueued {
        guard rows[row.id] == nil else { return .duplicate }
        let enqueued = routes[key.route]?.enqueue(row, in: key.mailbox, at: now) ?? .unknownRoute
        if enqueued == .waiting { rows[row.id] = Row(waiting: row, lane: key) }
        return enqueued
    }

    /// False where the row is not here, or is in flight.
    @discardableResult
    package mutating func remove(_ id: QueueID, at now: Instant) -> Bool {
        guard let row = rows[id], row.path == nil else { return false }
        rows[id] = nil
        routes[row.lane.route]?.update(row.lane.mailbox, at: now) { $0.remove(row.waiting) }
        return true
    }

    /// Counts an attempt that another process makes, or has made without an answer yet.
    package mutating func adopt(_ row: Waiting, lane key: LaneKey, by path: Path, at now: Instant) {
        guard rows[row.id] == nil, routes[key.route] != nil else { return }
        rows[row.id] = Row(waiting: row, lane: key, path: path)
        routes[key.route]?.adopt(row, by: path, of: key.mailbox, at: now)
    }

    /// All that can start now. Rows that found no room in a quota of their route are in `takePutOff` afterwards.
    package mutating func start(at now: Instant) -> [Start] {
        var starts: [Start] = []
        for route in routes.names {
            while let next = routes[route]?.startNext(at: now) {
                switch next {
                case .start(let turn, let mailbox):
                    rows[turn.row.id]?.path = turn.path
                    let lane = LaneKey(route: route, mailbox: mailbox)
                    starts.append(Start(id: turn.row.id, lane: lane, path: turn.path))
                case .putOff(let row, let mailbox, let until):
                    rows[row.id] = nil
                    guard let use = routes[route]?.external.use(at: now) else { continue }
                    let lane = LaneKey(route: route, mailbox: mailbox)
                    putOff.append(PutOff(id: row.id, lane: lane, until: until, use: use))
                }
            }
        }
        return starts
    }

    /// The rows that `start` has put off since this was last asked, in the order of their turns.
    package mutating func takePutOff() -> [PutOff] {
        defer { putOff = [] }
        return putOff
    }

    /// Whether an attempt that has started, but has sent nothing yet, may go on: an answer to another may have paused its
    /// mailbox or route meanwhile. Where it may not, it is `finished` as inconclusive.
    package func stillAdmits(_ id: QueueID, at now: Instant) -> Bool {
        guard let row = rows[id], let path = row.path else { return true }
        return routes[row.lane.route]?.stillAdmits(id, by: path, of: row.lane.mailbox, at: now) ?? true
    }

    /// The attempt ended; the row is gone from here.
    /// - Parameter reachedFarSide: false only where nothing can have arrived there: no token, no connection, never begun.
    ///   Its tokens are then free at once.
    /// - Parameter usage: what it took where something did arrive.
    /// - Returns: until when the row waits, where it goes on waiting for its mailbox or route (`Disposition.Row.waits`):
    ///   when an equal row may start as far as pauses go, over all paths it may take.
    @discardableResult
    package mutating func finished(
        _ id: QueueID, _ effect: LaneEffect, reachedFarSide: Bool = true, usage: Usage = .whole, at now: Instant,
        using random: inout some RandomNumberGenerator
    ) -> Instant {
        guard let row = rows[id], let path = row.path else { return now }
        rows[id] = nil
        let moment = routes[row.lane.route]?.finished(
            row.waiting, by: path, of: row.lane.mailbox, effect, reachedFarSide: reachedFarSide, usage: usage, at: now,
            using: &random)
        return moment ?? now
    }

    /// The earliest moment at which `start` could have something to do without another event; `nil` where it cannot.
    package func nextWake(at now: Instant) -> Instant? {
        routes.names.compactMap { routes[$0]?.nextWake(at: now) }.min()
    }

    /// Of these sections of a lane, those that have room for more than half of their window in memory. Each has a window of
    /// its own, so that a backlog of one never hides another.
    package func roomy(_ sections: LaneSections, of key: LaneKey) -> LaneSections {
        routes[key.route]?.roomy(sections, of: key.mailbox) ?? []
    }

    /// Starts an errand beside the mail; false, and nothing done, where mail by Graph might miss what it takes, or Graph is
    /// paused. One that was started ends with `finished`.
    package mutating func start(_ errand: Errand, at now: Instant) -> Bool {
        guard errands[errand.id] == nil, let limits = routes[errand.lane.route]?.limits else { return false }
        let fitting = errand.fitting(limits.lane)
        guard routes[errand.lane.route]?.start(fitting, at: now) ?? false else { return false }
        errands[errand.id] = fitting
        return true
    }

    /// As for a message.
    package func stillAdmits(_ errand: Errand, at now: Instant) -> Bool {
        routes[errand.lane.route]?.stillAdmits(errand.id, by: .graph, of: errand.lane.mailbox, at: now) ?? true
    }

    /// The errand ended.
    /// - Parameters: as for a message.
    package mutating func finished(
        _ errand: Errand, _ effect: LaneEffect, reachedFarSide: Bool, usage: Usage, at now: Instant,
        using random: inout some RandomNumberGenerator
    ) {
        guard let begun = errands.removeValue(forKey: errand.id) else { return }
        routes[errand.lane.route]?.finished(
            begun, effect, reachedFarSide: reachedFarSide, usage: usage, at: now, using: &random)
    }

    /// Books what the log says was spent before the start.
    package mutating func restore(_ key: LaneKey, _ spent: some Sequence<Spent>, at now: Instant) {
        for entry in spent { routes[key.route]?.restore(entry, of: key.mailbox) }
        routes[key.route]?.update(key.mailbox, at: now) { _ in }
    }

    /// Takes up a pause of a mailbox on one path that the log remembers, such as a Retry-After that has not passed.
    /// - Parameter since: when the trouble began, where that is known; else it begins now, as far as fallback goes.
    package mutating func restorePause(
        _ key: LaneKey, _ path: Path, _ reason: Refusal, since: Instant? = nil, until: Instant, at now: Instant
    ) {
        routes[key.route]?.update(key.mailbox, at: now) {
            $0.restorePause(on: path, reason, since: since ?? now, until: until)
        }
    }

    /// The same for a path of a whole route. Afterwards one attempt probes it.
    package mutating func restorePause(
        route: String, path: Path, _ reason: Refusal, since: Instant? = nil, until: Instant, at now: Instant
    ) {
        routes[route]?.restorePause(on: path, reason, since: since ?? now, until: until, at: now)
    }

    /// An operator changed something on the route: what waits for an operator is tried now, on
    /// both paths. Throttling pauses stay.
    package mutating func hurry(_ route: String, at now: Instant) { routes[route]?.hurry(at: now) }

    /// Whether a pause keeps rows of one of these queues from starting now.
    package func isPaused(_ key: LaneKey, _ queues: some Sequence<LaneQueue>, at now: Instant) -> Bool {
        routes[key.route]?.isPaused(key.mailbox, queues, at: now) ?? false
    }

    package func explain(_ key: LaneKey, at now: Instant) -> LaneStatus? {
        routes[key.route]?.explain(key.mailbox, at: now)
    }

    /// What the rows in memory wait for: of each priority and queue the first, the most urgent first.
    package func waits(_ key: LaneKey, at now: Instant) -> [LaneWait] {
        routes[key.route]?.waits(of: key.mailbox, at: now) ?? []
    }

    /// How each path of the route does as a whole, the primary first; empty where there is no such route.
    package func pathStatus(route: String, at now: Instant) -> [PathStatus] {
        routes[route]?.pathStatus(at: now) ?? []
    }

    /// How long what waits in a lane will take as far as limits and pauses are known now; the time that attempts take comes
    /// on top. `nil` where there is no such route.
    package func timeToDrain(_ key: LaneKey, _ backlog: Backlog, at now: Instant) -> Duration? {
        routes[key.route]?.timeToDrain(backlog, of: key.mailbox, at: now)
    }

    /// What is used of all quotas of which anything is, by route and mailbox.
    package func quotas(at now: Instant) -> [QuotaUse] {
        routes.names.flatMap { routes[$0]?.quotas(of: $0, at: now) ?? [] }
    }
}
