import EmailLog
import MailModel

/// The store as one process has it: each verb takes its time, may meet a failing disk, and may be cut off by the end of the
/// process before its commit or behind it.
final class ProcessStore: DeliveryStore, @unchecked Sendable {
    private let world: World
    private let life: Life
    private var store: MemoryStore { world.store }
    private var watch: Watch { world.watch }

    init(_ world: World, _ life: Life) {
        self.world = world
        self.life = life
    }

    private nonisolated(nonsending) func perform<Value>(_ body: () throws(EmailLogError) -> Value)
        async throws(EmailLogError) -> Value
    {
        guard !life.isDead else { throw .closed }
        if let span = world.diskTime() { await life.wait(until: world.now + span) }
        guard !life.isDead else { throw .closed }
        if let error = world.diskFailure() { throw error }
        let value = try body()
        if let span = world.diskTime() { await life.wait(until: world.now + span) }
        guard !life.isDead else { throw .closed }
        return value
    }

    nonisolated(nonsending) func dataVersion() async throws(EmailLogError) -> Int {
        try await perform { () throws(EmailLogError) in store.dataVersion() }
    }

    nonisolated(nonsending) func lanesWithWork() async throws(EmailLogError) -> [(lane: LaneKey, next: Timestamp)] {
        try await perform { () throws(EmailLogError) in store.lanesWithWork() }
    }

    nonisolated(nonsending) func due(in lane: LaneKey, _ sections: [LaneSection], at moment: Timestamp, limit: Int)
        async throws(EmailLogError) -> [WaitingRow]
    {
        try await perform { () throws(EmailLogError) in
            store.due(in: lane, sections, at: moment, limit: limit)
        }
    }

    nonisolated(nonsending) func nextDue(in lane: LaneKey, after moment: Timestamp) async throws(EmailLogError)
        -> Timestamp?
    {
        try await perform { () throws(EmailLogError) in store.nextDue(in: lane, after: moment) }
    }

    nonisolated(nonsending) func claim(_ id: QueueID, path: Path, at now: Timestamp) async throws(EmailLogError)
        -> QueuedMessage?
    {
        try await perform { () throws(EmailLogError) in
            watch.willClaim(id, by: path)
            return store.claim(id, path: path, at: now)
        }
    }

    nonisolated(nonsending) func body(of id: QueueID) async throws(EmailLogError) -> MessageBody {
        try await perform { () throws(EmailLogError) in try store.body(of: id) }
    }

    nonisolated(nonsending) func putBack(
        _ ids: [QueueID], due: Timestamp, fallingBackTo path: Path?, because reason: String?
    )
        async throws(EmailLogError)
    {
        try await perform { () throws(EmailLogError) in
            for id in ids { watch.willChange(id, path == nil ? .putBack : .fallBack) }
            try store.putBack(ids, due: due, fallingBackTo: path, because: reason)
        }
    }

    nonisolated(nonsending) func settle(
        _ id: QueueID, _ settlement: Settlement, attempt: AttemptRecord?, at now: Timestamp, reporter: FailureReporter?
    ) async throws(EmailLogError) {
        try await perform { () throws(EmailLogError) in
            watch.willSettle(id, settlement, attempt)
            guard !world.forgets(.settle) else { return }
            try store.settle(id, settlement, attempt: attempt, at: now, reporter: reporter)
        }
    }

    nonisolated(nonsending) func settle(
        _ id: QueueID, parts: [SettledPart], at now: Timestamp, reporter: FailureReporter?
    )
        async throws(EmailLogError) -> [QueueID]
    {
        try await perform { () throws(EmailLogError) in
            watch.willSettle(id, parts)
            let ids = try store.settle(id, parts: parts, at: now, reporter: reporter)
            watch.didSplit(id, ids)
            return ids
        }
    }

    nonisolated(nonsending) func pauses() async throws(EmailLogError) -> [LanePause] {
        try await perform { () throws(EmailLogError) in world.forgets(.pauses) ? [] : store.pauses() }
    }

    nonisolated(nonsending) func pause(_ pause: LanePause) async throws(EmailLogError) {
        try await perform { () throws(EmailLogError) in store.pause(pause) }
    }

    nonisolated(nonsending) func resume(_ key: LanePause.Key) async throws(EmailLogError) {
        try await perform { () throws(EmailLogError) in store.resume(key) }
    }

    nonisolated(nonsending) func end(_ pause: LanePause, at now: Timestamp) async throws(EmailLogError) {
        try await perform { () throws(EmailLogError) in store.end(pause, at: now) }
    }

    nonisolated(nonsending) func hurry(_ queue: LaneQueue, of route: String, to now: Timestamp)
        async throws(EmailLogError)
    {
        try await perform { () throws(EmailLogError) in store.hurry(queue, of: route, to: now) }
    }

    nonisolated(nonsending) func postpone(
        _ lane: LaneKey, _ queue: LaneQueue, until: Timestamp, because reason: String, limit: Int
    )
        async throws(EmailLogError) -> Int
    {
        try await perform { () throws(EmailLogError) in
            store.postpone(lane, queue, until: until, because: reason, limit: limit)
        }
    }

    nonisolated(nonsending) func postpone(_ moments: [(id: QueueID, until: Timestamp)], because reason: String)
        async throws(EmailLogError)
    {
        try await perform { () throws(EmailLogError) in store.postpone(moments, because: reason) }
    }

    nonisolated(nonsending) func recipients(of ids: [QueueID]) async throws(EmailLogError) -> [QueueID: [Address]] {
        try await perform { () throws(EmailLogError) in store.recipients(of: ids) }
    }

    nonisolated(nonsending) func keepDraft(_ draft: String, of id: QueueID) async throws(EmailLogError) {
        try await perform { () throws(EmailLogError) in try store.keepDraft(draft, of: id) }
    }

    nonisolated(nonsending) func leftoverDrafts(at moment: Timestamp, limit: Int) async throws(EmailLogError)
        -> [LeftoverDraft]
    {
        try await perform { () throws(EmailLogError) in store.leftoverDrafts(at: moment, limit: limit) }
    }

    nonisolated(nonsending) func nextLeftoverDraft() async throws(EmailLogError) -> Timestamp? {
        try await perform { () throws(EmailLogError) in store.nextLeftoverDraft() }
    }

    nonisolated(nonsending) func looked(after draft: LeftoverDraft, next: Timestamp?, requests: Int, at now: Timestamp)
        async throws(EmailLogError)
    {
        try await perform { () throws(EmailLogError) in
            store.looked(after: draft, next: next, requests: requests, at: now)
        }
    }

    nonisolated(nonsending) func expire(
        _ lane: LaneKey, _ queue: LaneQueue, waitingSince deadline: Timestamp, because reason: String,
        at now: Timestamp,
        limit: Int, reporter: FailureReporter?
    ) async throws(EmailLogError) -> [QueueID] {
        try await perform { () throws(EmailLogError) in
            let expired = store.expire(
                lane, queue, waitingSince: deadline, because: reason, at: now, limit: limit, reporter: reporter)
            for id in expired { watch.didExpire(id) }
            return expired
        }
    }

    nonisolated(nonsending) func recover(
        at now: Timestamp, policy: @escaping @Sendable (_ route: String, _ path: Path) -> RecoveryPolicy
    ) async throws(EmailLogError) -> [RecoveredMessage] {
        try await perform { () throws(EmailLogError) in
            let recovered = store.recover(at: now, policy: policy)
            for message in recovered { watch.didRecover(message) }
            return recovered
        }
    }

    nonisolated(nonsending) func attempts(since moment: Timestamp, route: String?) async throws(EmailLogError)
        -> [SpentAttempt]
    {
        try await perform { () throws(EmailLogError) in
            guard !world.forgets(.spending) else { return [] }
            var attempts = store.attempts(since: moment, route: route)
            // The rest that an attempt was asked for is a pause's second memory.
            if world.forgets(.pauses) { for index in attempts.indices { attempts[index].rest = nil } }
            return attempts
        }
    }
}
