package import EmailLog
package import MailModel

/// The store without a disk: answers each verb as `EmailLog` does, which a common suite proves of both.
///
/// What a verb has done is committed; a process that dies leaves it as it stands. One thread uses it at a time.
package final class MemoryStore: DeliveryStore, @unchecked Sendable {
    private(set) var rows: [QueueID: MemoryRow] = [:]
    /// Those of `rows` that somebody has claimed.
    private(set) var claimed: [QueueID: MemoryRow] = [:]
    private(set) var lanes: [LaneKey: WaitingIndex] = [:]
    /// Sorted, as an index is; lanes stay once they have had mail.
    private var order: [LaneKey] = []
    private var paused: [LanePause.Key: LanePause] = [:]
    /// By the date of the answer.
    private var spent: [SpentAttempt] = []
    /// How many rows are in which status.
    private(set) var population: [Status: Int] = [:]
    private var serial = 0
    private var version = 0
    /// Of the process that claims now; rows of any other belong to the dead.
    package var claimant = 1

    package init() {}

    /// Another process has written.
    package func touch() { version += 1 }

    func row(_ id: QueueID) -> MemoryRow? { rows[id] }

    // MARK: Acceptance

    /// - Parameter size: of a message whose body nobody looks at; `nil`: of the body given.
    @discardableResult
    package func accept(_ submission: Submission, size: Int? = nil) throws(EmailLogError) -> QueueID {
        guard let id = submission.queueID else { throw .other("a message has an id") }
        let parts = submission.envelopes.indices.map { id.part($0 + 1) }
        for part in parts where rows[part] != nil { throw .duplicateID(part) }
        for (part, envelope) in zip(parts, submission.envelopes) {
            serial += 1
            let index = index(of: LaneKey(route: submission.route, mailbox: submission.mailbox))
            add(
                MemoryRow(
                    submission, envelope, id: part, size: size, serial: serial, claimant: claimant, in: index))
        }
        return id
    }

    func add(_ row: MemoryRow) {
        rows[row.id] = row
        population[row.status, default: 0] += 1
        if row.status == .queued { row.index.insert(row) }
        claimed[row.id] = row.claim == nil ? nil : row
    }

    func copy(_ row: MemoryRow, as id: QueueID) -> MemoryRow {
        serial += 1
        let copy = MemoryRow(copying: row, id: id, serial: serial)
        add(copy)
        return copy
    }

    private func index(of lane: LaneKey) -> WaitingIndex {
        if let index = lanes[lane] { return index }
        let index = WaitingIndex()
        lanes[lane] = index
        order.append(lane)
        order.sort { ($0.route, $0.mailbox.description) < ($1.route, $1.mailbox.description) }
        return index
    }

    /// Changes a row, which keeps its place among those that wait.
    func update(_ row: MemoryRow, _ change: (MemoryRow) -> Void) {
        if row.status == .queued { row.index.remove(row) }
        population[row.status, default: 0] -= 1
        change(row)
        population[row.status, default: 0] += 1
        if row.status != .queued { row.due = nil }
        if row.status == .queued { row.index.insert(row) }
        claimed[row.id] = row.claim == nil ? nil : row
    }

    func row(_ id: QueueID, in statuses: Set<Status>) throws(EmailLogError) -> MemoryRow {
        guard let row = rows[id] else { throw .noSuchMessage(id) }
        guard statuses.contains(row.status) else { throw .wrongStatus(id, row.status) }
        return row
    }

    // MARK: What waits

    package func dataVersion() -> Int { version }

    package func lanesWithWork() -> [(lane: LaneKey, next: Timestamp)] {
        order.compactMap { lane in lanes[lane]?.earliest.map { (lane, $0) } }
    }

    package func due(in lane: LaneKey, _ sections: [LaneSection], at moment: Timestamp, limit: Int) -> [WaitingRow] {
        guard let index = lanes[lane] else { return [] }
        return sections.flatMap { index.due($0, at: moment, limit: limit).map(\.waiting) }
    }

    package func recipients(of ids: [QueueID]) -> [QueueID: [Address]] {
        Dictionary(ids.compactMap { id in rows[id].map { (id, $0.recipients) } }) { first, _ in first }
    }

    package func nextDue(in lane: LaneKey, after moment: Timestamp) -> Timestamp? {
        lanes[lane]?.earliest(after: moment)
    }

    // MARK: Pauses

    package func pauses() -> [LanePause] {
        paused.values.sorted {
            ($0.route, $0.mailbox?.description ?? "", $0.path.rawValue)
                < ($1.route, $1.mailbox?.description ?? "", $1.path.rawValue)
        }
    }

    func pause(on key: LanePause.Key) -> LanePause? { paused[key] }

    package func pause(_ pause: LanePause) { paused[pause.key] = pause }

    package func resume(_ key: LanePause.Key) { paused[key] = nil }

    package func end(_ pause: LanePause, at now: Timestamp) {
        let latest = pause.until + .milliseconds(100)
        for lane in order where lane.route == pause.route && (pause.mailbox.map { $0 == lane.mailbox } ?? true) {
            for row in lanes[lane]?.putOff(LaneQueue.allCases, beyond: now, until: latest, limit: 200) ?? [] {
                update(row) { $0.due = now }
            }
        }
        paused[pause.key] = nil
    }

    package func hurry(_ queue: LaneQueue, of route: String, to now: Timestamp) {
        for lane in order where lane.route == route {
            for row in lanes[lane]?.putOff([queue], beyond: now, until: .distantFuture, limit: 200) ?? [] {
                update(row) { $0.due = now }
            }
        }
    }

    @discardableResult
    package func postpone(_ lane: LaneKey, _ queue: LaneQueue, until: Timestamp, because reason: String, limit: Int)
        -> Int
    {
        let early = (lanes[lane] ?? WaitingIndex()).rows(queue).filter { $0.due.map { $0 < until } ?? false }
        for row in early.prefix(limit) {
            update(row) {
                $0.errorText = reason
                $0.due = until
            }
        }
        return min(limit, early.count)
    }

    package func postpone(_ moments: [(id: QueueID, until: Timestamp)], because reason: String) {
        for (id, until) in moments {
            guard let row = rows[id], row.status == .queued else { continue }
            update(row) {
                $0.errorText = reason
                $0.due = until
            }
        }
    }

    package func expire(
        _ lane: LaneKey, _ queue: LaneQueue, waitingSince deadline: Timestamp, because reason: String,
        at now: Timestamp,
        limit: Int, reporter: FailureReporter?
    ) -> [QueueID] {
        let old = (lanes[lane] ?? WaitingIndex()).rows(queue).filter { $0.waitingSince < deadline }
        let expired = old.sorted { ($0.waitingSince, $0.serial) < ($1.waitingSince, $1.serial) }.prefix(limit)
        for row in expired {
            update(row) {
                $0.status = .failed
                $0.errorText = reason
            }
        }
        return expired.map(\.id)
    }

    // MARK: Limits

    package func attempts(since moment: Timestamp, route: String?) -> [SpentAttempt] {
        var first = spent.endIndex
        while first > 0, spent[first - 1].finishedDate >= moment { first -= 1 }
        return spent[first...].filter { route == nil || $0.lane.route == route }
    }

    func book(_ attempt: AttemptRecord, of row: MemoryRow) {
        guard let cost = attempt.cost, cost.requests > 0 else { return }
        let finished = attempt.startedDate + attempt.duration
        let isUnknown = if case .unknown = attempt.outcome { true } else { false }
        let entry = SpentAttempt(
            id: row.id, lane: row.lane, path: attempt.path, finishedDate: finished, cost: cost, rest: attempt.rest,
            isUnknown: isUnknown)
        var index = spent.endIndex
        while index > 0, spent[index - 1].finishedDate > finished { index -= 1 }
        spent.insert(entry, at: index)
    }
}
