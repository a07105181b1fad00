import MailModel

/// When a row could go by which path as far as pauses go, of its mailbox and of the route, and why not.
extension RouteLanes {
    /// When the route's own trouble will begin to move messages from some path.
    func nextDiversion(at now: Instant) -> Instant? {
        outlook.isUntroubled ? nil : outlook.paths.compactMap { nextDiversion(from: $0, at: now) }.min()
    }

    private func nextDiversion(from path: Path, at now: Instant) -> Instant? {
        paths[path].breaker.trouble.flatMap { outlook.diversion(from: path, in: $0) }.flatMap { $0 > now ? $0 : nil }
    }

    /// From when on rows of that queue may go; `nil` while that takes an answer.
    func opening(for queue: LaneQueue, of lane: Lane, at now: Instant) -> Instant? {
        outlook.paths.compactMap { opening(for: queue, by: $0, of: lane, at: now) }.min()
    }

    func explain(_ mailbox: Address, at now: Instant) -> LaneStatus {
        let lane = lane(mailbox)
        let paths = outlook.paths.map { status(of: $0, of: lane, at: now) }
        return LaneStatus(
            waiting: lane.window.count, inFlight: lane.inFlightCount, paths: paths,
            queues: LaneQueue.allCases.compactMap { status(of: $0, of: lane, paths, at: now) },
            nextStart: nextStart(of: lane, at: now),
            availableMessages: lane.buckets.availableMessages(at: now))
    }

    func isPaused(_ mailbox: Address, _ queues: some Sequence<LaneQueue>, at now: Instant) -> Bool {
        let lane = lane(mailbox)
        guard !outlook.isUntroubled || !lane.isOpen(outlook.paths, at: now) else { return false }
        return queues.contains { pausedUntil($0, of: lane, at: now) != nil }
    }

    private func pausedUntil(_ queue: LaneQueue, of lane: Lane, at now: Instant) -> Instant? {
        opening(for: queue, of: lane, at: now).flatMap { $0 > now ? $0 : nil }
    }

    /// `nil` where the route has no path for it.
    private func status(of queue: LaneQueue, of lane: Lane, _ paths: [PathStatus], at now: Instant) -> QueueStatus? {
        guard let path = paths.first(where: { $0.path == outlook.preferred(by: queue) }) else { return nil }
        return QueueStatus(
            queue: queue, path: path.path, pausedUntil: pausedUntil(queue, of: lane, at: now),
            reason: goesElsewhere(queue, lane, at: now) ? nil : path.reason)
    }

    /// How long the limits and the pauses of the path that its mail takes now make what waits in a lane take.
    func timeToDrain(_ backlog: Backlog, of mailbox: Address, at now: Instant) -> Duration {
        let lane = lane(mailbox)
        let start = opening(for: .free, of: lane, at: now) ?? now
        let path = goesElsewhere(.free, lane, at: now) ? outlook.other ?? outlook.primary : outlook.primary
        let shared = external.opening(backlog.externalRecipients, for: backlog.priority, at: now) - now
        return max(start - now + lane.buckets.timeToDrain(backlog, by: path, at: start), shared)
    }

    /// Of every limit that is a quota, unless nothing of it is used.
    func quotas(of route: String, at now: Instant) -> [QuotaUse] {
        let shared = external.use(at: now).map { [QuotaUse(route: route, mailbox: nil, $0)] } ?? []
        let own = lanes.flatMap { mailbox, lane in
            lane.buckets.quotas(at: now).map { (mailbox.folded, QuotaUse(route: route, mailbox: mailbox, $0)) }
        }
        return shared.filter { $0.use.rate.isQuota && $0.use.used > 0 } + own.sorted { $0.0 < $1.0 }.map(\.1)
    }

    func pathStatus(at now: Instant) -> [PathStatus] {
        outlook.paths.map {
            PathStatus($0, inFlight: paths[$0].inFlight, paths[$0].breaker.trouble, isRouteWide: true, at: now)
        }
    }

    func status(of path: Path, of lane: Lane, at now: Instant) -> PathStatus {
        let gate = lane.gates[path]
        let own = gate.troubles(at: now).reduce(nil, Trouble.longer)
        let trouble = Trouble.longer(own, paths[path].breaker.trouble)
        return PathStatus(path, inFlight: gate.inFlight, trouble, isRouteWide: trouble != own, at: now)
    }

    /// Rows of the queue leave by another path than they prefer.
    private func goesElsewhere(_ queue: LaneQueue, _ lane: Lane, at now: Instant) -> Bool {
        guard queue.pin == nil else { return false }
        return outlook.paths(of: queue).dropFirst().contains {
            opening(for: queue, by: $0, of: lane, at: now).map { $0 <= now } ?? false
        }
    }

    func opening(for queue: LaneQueue, by path: Path, of lane: Lane, at now: Instant) -> Instant? {
        earliest(from: now) { outlook, start in
            guard let opening = paths[path].breaker.opening(at: start) else { return nil }
            return lane.opening(for: queue, by: path, outlook, at: start).map { max($0, opening) }
        }
    }

    private func nextStart(of lane: Lane, at now: Instant) -> Instant? {
        earliest(from: now) { outlook, start in
            let starts = outlook.paths.map { path in
                paths[path].breaker.opening(at: start).flatMap { lane.nextStart(on: path, outlook, at: $0) }
            }
            return starts.compactMap(\.self).min()
        }
    }

    /// As things stand, or once a path's trouble, if it is the whole route's, has lasted.
    private func earliest(from now: Instant, _ moment: (RouteOutlook, Instant) -> Instant?) -> Instant? {
        guard !outlook.isUntroubled else { return moment(outlook, now) }
        let diverted = outlook.paths.map { path in
            nextDiversion(from: path, at: now).flatMap { moment(outlook.diverted(from: path), $0) }
        }
        return ([moment(outlook, now)] + diverted).compactMap(\.self).min()
    }
}
