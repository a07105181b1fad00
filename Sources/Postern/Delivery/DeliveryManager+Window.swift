import DeliveryPolicy
import EmailLog
import Logging
import MailModel

/// Between the store and the scheduler: what is due comes into the lanes' windows.
extension DeliveryManager {
    /// At start: what an earlier process left unsettled, what it had spent of the limits, and which pauses still hold.
    func restore() async throws(EmailLogError) {
        let now = clocks.now()
        let instant = clocks.instant()
        for route in routes.values { scheduler.configure(route.name, limits(of: route), at: instant) }
        try await recover(at: now)
        try await remember(Set(routes.keys))
        try await endOperatorPauses()
        let lanes = try await log.lanesWithWork()
        for (lane, next) in lanes where routes[lane.route] != nil { agenda.wake(lane, at: next) }
        for route in Set(lanes.map(\.lane.route)).subtracting(routes.keys).sorted() {
            logger.warning("mail waits for a route that is not configured", metadata: [LogKey.route: "\(route)"])
        }
    }

    /// Books the past of the routes and quotas that a reload has brought, once the log has it all: an attempt that ended before
    /// the reload counts from its record alone. One that ends meanwhile may count twice for a window, never not at all.
    func catchUp() async {
        guard lacksMemory, recordsUnderWay == 0, !isRemembering else { return }
        isRemembering = true
        defer { isRemembering = false }
        let (names, recounted) = (unremembered, uncounted)
        (unremembered, uncounted) = ([], [])
        do {
            try await remember(names, quotasOf: recounted)
        } catch {
            unremembered.formUnion(names)
            uncounted.formUnion(recounted)
            rest(after: error)
        }
    }

    /// Books what the log remembers of these routes: what was spent, and the pauses that still hold.
    /// - Parameter recounted: of these only what was spent of the quota.
    func remember(_ names: Set<String>, quotasOf recounted: Set<String> = []) async throws(EmailLogError) {
        guard !names.isEmpty || !recounted.isEmpty else { return }
        let memory = try await SpendingMemory.load(from: log, for: routes.values.map(\.limits), clocks: clocks)
        // What another reload has changed meanwhile is read once more.
        let names = names.subtracting(unremembered)
        for (lane, spent) in memory.spent where recounted.subtracting(uncounted).contains(lane.route) {
            scheduler.restoreQuota(route: lane.route, spent)
        }
        memory.restore(into: &scheduler, routes: names, clocks: clocks)
        for pause in memory.pauses where names.contains(pause.route) {
            recordedPauses[pause.key] = pause.until
            if pause.outlivesRestart { say(pause) }
        }
        // Also of attempts that were settled by a process which died before it could record a pause.
        await spareConnections(memory.lingering.filter { names.contains($0.key) })
    }

    /// What waited for an operator is due now.
    func endOperatorPauses() async throws(EmailLogError) {
        let now = clocks.now()
        for pause in try await log.pauses() where !pause.outlivesRestart || pause.until <= now {
            try await log.end(pause, at: now)
            recordedPauses[pause.key] = nil
        }
    }

    func recover(at now: Timestamp) async throws(EmailLogError) {
        let routes = routes
        let recovered = try await log.recover(at: now) { route, path in
            routes[route]?.recovery(by: path, at: now) ?? .unconfigured(by: path, at: now)
        }
        for message in recovered {
            logger.warning(
                "attempt cut off by the end of the process, outcome unknown",
                metadata: [
                    LogKey.id: "\(message.id)", LogKey.route: "\(message.route)",
                    LogKey.status: "\(message.status.rawValue)",
                ])
        }
        for message in recovered where routes[message.route] != nil { agenda.wake(message.lane, at: now) }
        let lanes = recovered.filter { $0.path == .smtp }.map(\.lane)
        await spareConnections(
            Dictionary(grouping: lanes, by: \.route).mapValues { lanes in
                Dictionary(lanes.map { ($0, now + SpendingMemory.afterlife) }) { first, _ in first }
            })
    }

    /// The far side goes on with a message whose sender is gone, and counts its connection until it is done: those that we
    /// opened beside it would be too many.
    private func spareConnections(_ lingering: [String: [LaneKey: Timestamp]]) async {
        let (now, instant) = (clocks.now(), clocks.instant())
        for (route, lanes) in lingering {
            let isShared = routes[route]?.limits.connections != nil
            let refusal = Refusal(
                scope: isShared ? .route : .mailbox, cause: .throttled,
                text: "The process before was handing over messages, whose connections may still count there.")
            for (lane, end) in lanes {
                let until = instant + (end - now)
                if isShared {
                    scheduler.restorePause(route: route, path: .smtp, refusal, until: until, at: instant)
                } else {
                    scheduler.restorePause(lane, .smtp, refusal, until: until, at: instant)
                }
            }
            for lane in lanes.keys { await notePause(of: lane) }
        }
    }

    /// Fills the windows of the lanes that may have more in the store.
    func refill() async {
        let now = clocks.now()
        agenda.pass(now)
        do {
            try await findDates(after: now)
            var stranded: [LaneKey: Set<Path>] = [:]
            for lane in agenda.stirred {
                let bound = try await sparing(lane, at: now) { lane throws(EmailLogError) in
                    try await refill(lane, at: now)
                }
                agenda.settle(lane)
                if let bound, !bound.isEmpty { stranded[lane] = bound }
            }
            try await tellStranded(stranded, at: now)
        } catch {
            rest(after: error)
        }
    }

    /// Asked before the windows are filled: what falls due from then on is not missed, however long they stay full.
    private func findDates(after now: Timestamp) async throws(EmailLogError) {
        for lane in agenda.undated {
            let next = try await sparing(lane, at: now) { lane throws(EmailLogError) in
                try await log.nextDue(in: lane, after: now)
            }
            agenda.dated(lane)
            if let next = next ?? nil { agenda.wake(lane, at: next) }
        }
    }

    /// A lane whose rows the store cannot read must not keep back the others.
    /// - Returns: `nil` where it has been passed over.
    private func sparing<Value>(
        _ lane: LaneKey, at now: Timestamp, _ ask: (LaneKey) async throws(EmailLogError) -> Value
    ) async throws(EmailLogError) -> Value? {
        do throws(EmailLogError) {
            return try await ask(lane)
        } catch .damaged(let place) {
            agenda.forget(lane)
            agenda.wake(lane, at: now + .seconds(60))
            logger.error("mailbox passed over", metadata: [LogKey.route: "\(lane.route)", LogKey.reason: "\(place)"])
            return nil
        }
    }

    /// - Returns: the paths that rows are bound to which came in.
    private func refill(_ lane: LaneKey, at now: Timestamp) async throws(EmailLogError) -> Set<Path> {
        guard let size = routes[lane.route]?.limits.window else {
            agenda.forget(lane)
            return []
        }
        let roomy = scheduler.roomy(agenda.sections(of: lane), of: lane)
        guard !roomy.isEmpty else { return [] }
        let asked = clocks.instant()
        let found = try await log.due(in: lane, roomy.list, at: now, limit: size)
        let rows = fresh(found, lane, asked: asked, at: now)
        let externals = try await externalRecipients(of: rows, lane)
        for row in rows { await enqueue(row, lane, externals[row.id], at: now) }
        agenda.satisfy(lane, roomy.filter { section in found.count { $0.section == section } < size })
        let queues = Set(rows.map(\.section.queue))
        if scheduler.isPaused(lane, queues, at: clocks.instant()) { await notePause(of: lane) }
        return Set(rows.compactMap(\.via))
    }

    /// Without those of whom the store may have said what it knew before their attempt ended: they are looked at again.
    private func fresh(_ rows: [WaitingRow], _ lane: LaneKey, asked: Instant, at now: Timestamp) -> [WaitingRow] {
        rows.filter { row in
            guard let ended = attempted[row.id], ended >= asked else { return true }
            agenda.wake(lane, at: now + max(.milliseconds(1), ended - asked))
            return false
        }
    }

    /// Counted anew each time, by the accepted domains as they are now; empty where no limit asks for it.
    private func externalRecipients(of rows: [WaitingRow], _ lane: LaneKey) async throws(EmailLogError) -> [QueueID:
        Int]
    {
        guard let limits = routes[lane.route]?.limits, limits.externalRecipients != nil, !rows.isEmpty else {
            return [:]
        }
        return try await log.recipients(of: rows.map(\.id)).mapValues { limits.acceptedDomains.externals(among: $0) }
    }

    private func enqueue(_ row: WaitingRow, _ lane: LaneKey, _ externals: Int?, at now: Timestamp) async {
        let instant = clocks.instant()
        let waiting = Waiting(
            id: row.id, priority: row.priority, due: instant - max(.zero, now - row.nextAttemptDate),
            recipients: row.recipientCount, size: Int64(row.size), via: row.via, isTrial: row.isTrial,
            externalRecipients: externals,
            hasWaited: row.nextAttemptDate > row.createdDate)
        switch scheduler.enqueue(waiting, lane: lane, at: instant) {
        case .waiting, .duplicate, .unknownRoute: break
        case .neverFits(let refusal): await fail(row.id, lane, refusal)
        }
    }

    /// Fails a message that no attempt could ever carry.
    private func fail(_ id: QueueID, _ lane: LaneKey, _ refusal: Refusal) async {
        let path = routes[lane.route]?.limits.primary ?? .graph
        guard await claim(id, in: lane, by: path) != nil else { return }
        let reporter = reporter
        await record { log, now throws(EmailLogError) in
            try await log.settle(id, .failed(because: refusal.text), attempt: nil, at: now, reporter: reporter)
        }
        logger.warning("message failed", metadata: [LogKey.id: "\(id)", LogKey.reason: "\(refusal.text)"])
        // There is room for another.
        bell.ring(lane)
    }
}
