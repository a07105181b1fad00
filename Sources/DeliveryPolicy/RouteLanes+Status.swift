import MailModel

/// When a row could go by which path as far as pauses go, of its mailbox and of the route, and why not.
extension RouteLanes {
    /// When the route's own trouble will begin to move messages.
    func nextDiversion(at now: Instant) -> Instant? {
        outlook.diversion(from: paths[outlook.primary].breaker.trouble).flatMap { $0 > now ? $0 : nil }
    }

    /// From when on rows of that pin may go; `nil` while that takes an answer.
    func opening(for pin: Path?, of lane: Lane, at now: Instant) -> Instant? {
        outlook.paths.compactMap { opening(for: pin, by: $0, of: lane, at: now) }.min()
    }

    func explain(_ mailbox: Address, at now: Instant) -> LaneStatus {
        let lane = lane(mailbox)
        let paths = outlook.paths.map { status(of: $0, of: lane, at: now) }
        let pausedUntil = opening(for: nil, of: lane, at: now).flatMap { $0 > now ? $0 : nil }
        return LaneStatus(
            waiting: lane.window.count, inFlight: lane.inFlightCount, paths: paths, pausedUntil: pausedUntil,
            reason: goesElsewhere(lane, at: now) ? nil : paths[0].reason, nextStart: nextStart(of: lane, at: now),
            availableMessages: lane.buckets.availableMessages(at: now))
    }

    /// How long the limits and the pauses of the path that its mail takes now make what waits in a lane take.
    func timeToDrain(_ backlog: Backlog, of mailbox: Address, at now: Instant) -> Duration {
        let lane = lane(mailbox)
        let start = opening(for: nil, of: lane, at: now) ?? now
        let path = goesElsewhere(lane, at: now) ? outlook.other ?? outlook.primary : outlook.primary
        let shared = external.opening(backlog.externalRecipients, for: backlog.priority, at: now) - now
        return max(start - now + lane.buckets.timeToDrain(backlog, by: path, at: start), shared)
    }

    /// Of every limit that is a quota, unless nothing of it is used.
    func quotas(of route: String, at now: Instant) -> [QuotaUse] {
        let shared = external.use(at: now).map { [QuotaUse(route: route, mailbox: nil, $0)] } ?? []
        let own = mailboxes.flatMap { mailbox in
            lane(mailbox).buckets.uses(at: now).map { QuotaUse(route: route, mailbox: mailbox, $0) }
        }
        return (shared + own).filter { $0.use.rate.isQuota && $0.use.used > 0 }
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

    /// Rows without a pin leave by the other path.
    private func goesElsewhere(_ lane: Lane, at now: Instant) -> Bool {
        outlook.other.flatMap { opening(for: nil, by: $0, of: lane, at: now) }.map { $0 <= now } ?? false
    }

    func opening(for pin: Path?, by path: Path, of lane: Lane, at now: Instant) -> Instant? {
        earliest(from: now) { outlook, start in
            guard let opening = paths[path].breaker.opening(at: start) else { return nil }
            return lane.opening(for: pin, by: path, outlook, at: start).map { max($0, opening) }
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

    /// As things stand, or once the route's trouble has lasted.
    private func earliest(from now: Instant, _ moment: (RouteOutlook, Instant) -> Instant?) -> Instant? {
        let diverted = nextDiversion(at: now).flatMap { moment(outlook.diverted, $0) }
        return [moment(outlook, now), diverted].compactMap(\.self).min()
    }
}
