package import MailModel

/// What the next row of a lane waits for, of one priority and queue.
package struct LaneWait: Hashable, Sendable {
    package enum Reason: Hashable, Sendable {
        /// It starts as soon as someone comes to it.
        case nothing
        /// Its own next attempt is not due yet.
        case dueDate
        /// The path it may take is closed, or open for one probe that is under way.
        case pause(Path, Refusal)
        /// The only path it may take is not the route's.
        case missingPath(Path)
        /// Its mailbox, or its route, has used up a limit, as far as its priority may.
        case limit(LimitUse)
        /// Its mailbox has as many attempts under way as it may.
        case attempts
        /// Mail of its mailbox that is more urgent, or was there before, goes first.
        case moreUrgent
    }

    package let priority: Priority
    package let queue: LaneQueue
    package let reason: Reason
    /// When that is over, as far as known; `nil` where only an event can tell.
    package let until: Instant?
}

extension RouteLanes {
    /// Of each priority and queue the first row's, the most urgent first.
    func waits(of mailbox: Address, at now: Instant) -> [LaneWait] {
        let lane = lane(mailbox)
        var waits: [LaneWait] = []
        for row in lane.window.heads {
            let isPassedOver = waits.contains { $0.reason.keepsOthersBack && goesBefore($0.queue, row.queue) }
            waits.append(wait(of: row, in: lane, isPassedOver: isPassedOver, at: now))
        }
        return waits
    }

    /// Rows of a trial and others pass each other, each by its path.
    private func goesBefore(_ first: LaneQueue, _ second: LaneQueue) -> Bool {
        guard first != second, first.pin == nil else { return first == second }
        return second.pin != nil || outlook.preferred(by: first) == outlook.preferred(by: second)
    }

    private func wait(of row: Waiting, in lane: Lane, isPassedOver: Bool, at now: Instant) -> LaneWait {
        func wait(_ reason: LaneWait.Reason, until: Instant?) -> LaneWait {
            LaneWait(priority: row.priority, queue: row.queue, reason: reason, until: until)
        }
        if let pin = row.via, !outlook.has(pin) { return wait(.missingPath(pin), until: nil) }
        let opening = opening(for: row.queue, of: lane, at: now)
        let open = outlook.paths(of: row.queue).filter {
            self.opening(for: row.queue, by: $0, of: lane, at: now).map { $0 <= now } ?? false
        }
        guard let path = open.first else {
            let closed = outlook.preferred(by: row.queue)
            let reason = status(of: closed, of: lane, at: now).reason
            return wait(reason.map { .pause(closed, $0) } ?? .attempts, until: opening)
        }
        if row.due > now {
            let isPutOff = externalOpening(for: row, at: now) > now
            return wait(external.use(at: now).flatMap { isPutOff ? .limit($0) : nil } ?? .dueDate, until: row.due)
        }
        if let (use, moment) = lack(of: row, by: path, in: lane, at: now) { return wait(.limit(use), until: moment) }
        if isPassedOver { return wait(.moreUrgent, until: nil) }
        let hasPlace = open.contains { lane.hasPlace(row, on: $0) && paths[$0].inFlight < limits.concurrency(of: $0) }
        return hasPlace ? wait(.nothing, until: now) : wait(.attempts, until: nil)
    }

    /// When the quota that all lanes share has room for the row.
    private func externalOpening(for row: Waiting, at now: Instant) -> Instant {
        external.opening(Int64(row.externalRecipients ?? 0), for: row.priority, at: now)
    }

    /// The limit that the row waits for longest.
    private func lack(
        of row: Waiting, by path: Path, in lane: Lane, at now: Instant
    ) -> (use: LimitUse, until: Instant?)? {
        var lacks = lane.buckets.lacks(for: row, by: path, at: now)
        let moment = externalOpening(for: row, at: now)
        if moment > now, let use = external.use(at: now) { lacks.append((use, moment)) }
        return lacks.first { $0.until == nil } ?? lacks.max { $0.until ?? now < $1.until ?? now }
    }
}

extension LaneWait.Reason {
    /// Whether what is behind the row in its lane waits for it.
    fileprivate var keepsOthersBack: Bool {
        switch self {
        case .nothing, .limit: true
        case .dueDate, .pause, .missingPath, .attempts, .moreUrgent: false
        }
    }
}
