import MailModel

/// The lanes of one route behind its paths, and the quota they share. An event touches one lane; all of them are looked at
/// only when the route's outlook changes.
struct RouteLanes: Sendable {
    private(set) var limits: RouteLimits
    /// How often a lane has been looked at: the measure of the work done.
    private(set) var placements = 0
    private(set) var lanes: [Address: Lane] = [:]
    private(set) var paths = PathPair { _ in RoutePath() }
    private(set) var outlook: RouteOutlook
    private(set) var external: ExternalQuota
    private var retirements = WakeQueue()

    init(_ limits: RouteLimits) {
        self.limits = limits
        outlook = RouteOutlook(limits, troubles: PathPair { _ in nil }, at: .start)
        external = ExternalQuota(limits.externalRecipients)
    }

    func lane(_ mailbox: Address) -> Lane { lanes[mailbox] ?? Lane(limits.lane) }

    func roomy(_ sections: LaneSections, of mailbox: Address) -> LaneSections {
        guard let window = lanes[mailbox]?.window else { return sections }
        return sections.filter { limits.window - window.count($0) > limits.window / 2 }
    }

    mutating func enqueue(_ row: Waiting, in mailbox: Address, at now: Instant) -> Scheduler.Enqueued {
        if let rate = limits.externalRecipients, !external.canEverFit(row) {
            return .neverFits(.tooManyExternals(row, rate))
        }
        let fits = update(mailbox, at: now) { $0.enqueue(row) }
        return fits ? .waiting : .neverFits(.tooManyRecipients(row, limits.lane.recipients))
    }

    /// - Returns: rows that can never start under the new limits; they are forgotten here.
    mutating func configure(_ limits: RouteLimits, at now: Instant) -> [Waiting] {
        self.limits = limits
        external.configure(limits.externalRecipients)
        look(at: now)
        return mailboxes.flatMap { mailbox in
            let strangers = lanes[mailbox]?.window.all.filter { !external.canEverFit($0) } ?? []
            return update(mailbox, at: now) { lane in
                for row in strangers { lane.remove(row) }
                return strangers + lane.configure(limits.lane)
            }
        }
    }

    /// Recipients count otherwise from now on: what waits leaves, and of the quota that all lanes share only what is under way
    /// is used.
    mutating func recount(_ underWay: [Waiting], _ errands: [Errand], at now: Instant) {
        external = ExternalQuota(limits.externalRecipients)
        for row in underWay { external.adopt(row) }
        for errand in errands { external.adopt(errand) }
        for mailbox in mailboxes {
            let waiting = lanes[mailbox]?.window.all ?? []
            update(mailbox, at: now) { lane in for row in waiting { lane.remove(row) } }
        }
    }

    mutating func restoreQuota(_ spent: Spent) { external.restore(spent) }

    /// Counts an attempt that is under way without having been started here, such as one that outlasted its route.
    mutating func adopt(_ row: Waiting, by path: Path, of mailbox: Address, at now: Instant) {
        external.adopt(row)
        paths[path].adopted()
        update(mailbox, at: now) { $0.adopt(row, by: path) }
    }

    mutating func adopt(_ errand: Errand, at now: Instant) {
        external.adopt(errand)
        paths[.graph].adopted()
        update(errand.lane.mailbox, at: now) { $0.adopt(errand) }
    }

    mutating func restore(_ spent: Spent, of mailbox: Address) {
        external.restore(spent)
        lanes[mailbox, default: Lane(limits.lane)].restore(spent)
    }

    /// Changes a lane, which is made where it is not there yet, and puts it where it then belongs.
    mutating func update<Result>(_ mailbox: Address, at now: Instant, _ change: (inout Lane) -> Result) -> Result {
        let result = change(&lanes[mailbox, default: Lane(limits.lane)])
        place(mailbox, at: now)
        return result
    }

    /// An operator changed something: what waits for that tries at once.
    mutating func hurry(at now: Instant) {
        for path in Path.allCases { paths[path].breaker.hurry(at: now) }
        for mailbox in mailboxes { update(mailbox, at: now) { $0.hurry(at: now) } }
    }

    mutating func restorePause(on path: Path, _ refusal: Refusal, since: Instant, until: Instant, at now: Instant) {
        paths[path].breaker.restore(refusal, since: since, until: until)
        lookOut(at: now)
    }

    /// What `startNext` has come to.
    enum Next: Hashable, Sendable {
        case start(Lane.Turn, of: Address)
        /// The row found no room in the quota that all lanes share; it has left, to be looked at again then.
        case putOff(Waiting, of: Address, until: Instant)
    }

    /// A mailbox that yields nothing, since what made it ready is past, is asked once and then placed anew: the search ends
    /// whatever the lanes answer, and the next one finds them all.
    mutating func startNext(at now: Instant) -> Next? {
        keepTime(at: now)
        guard paths[.graph].hasReady || paths[.smtp].hasReady else { return nil }
        let outlook = outlook
        let open = outlook.paths.filter { paths[$0].isOpen(at: now, concurrency: limits.concurrency(of: $0)) }
        var fruitless: [Address] = []
        defer { for mailbox in fruitless { place(mailbox, at: now) } }
        while let mailbox = popReady(open) {
            guard let turn = lanes[mailbox]?.nextTurn(at: now, through: open, outlook) else {
                for path in open { paths[path].withdraw(mailbox) }
                fruitless.append(mailbox)
                continue
            }
            if let moment = external.admit(turn.row, at: now) {
                update(mailbox, at: now) { $0.remove(turn.row) }
                return .putOff(turn.row, of: mailbox, until: moment)
            }
            paths[turn.path].started(turn.row.id)
            update(mailbox, at: now) { $0.start(turn, at: now) }
            return .start(turn, of: mailbox)
        }
        return nil
    }

    /// False, and nothing done, where mail by Graph might miss what it takes, or Graph is paused.
    mutating func start(_ errand: Errand, at now: Instant) -> Bool {
        keepTime(at: now)
        let mailbox = errand.lane.mailbox
        guard outlook.has(.graph), !paths[.graph].hasReady,
            paths[.graph].isOpen(at: now, concurrency: Errand.places(of: limits.concurrency(of: .graph))),
            lane(mailbox).hasRoom(for: errand, outlook, at: now), external.admit(errand, at: now)
        else { return false }
        paths[.graph].started(errand.id)
        update(mailbox, at: now) { $0.start(errand) }
        return true
    }

    func stillAdmits(_ id: QueueID, by path: Path, of mailbox: Address, at now: Instant) -> Bool {
        paths[path].breaker.stillAdmits(id) && lanes[mailbox]?.gates[path].stillAdmits(id, at: now) ?? true
    }

    /// - Returns: when an equal row may be looked at again, where it waits for its mailbox or the route.
    mutating func finished(
        _ row: Waiting, by path: Path, of mailbox: Address, _ effect: LaneEffect, reachedFarSide: Bool,
        usage: Usage = .whole, at now: Instant, using random: inout some RandomNumberGenerator
    ) -> Instant {
        ended(
            row.id, by: path, of: mailbox, effect, reachedFarSide: reachedFarSide, usage: usage, at: now, using: &random
        )
        return effect == .healthy ? now : opening(for: row.queue, of: lane(mailbox), at: now) ?? now
    }

    /// That an errand got through does not say that mail would: what waits for an operator goes on waiting.
    mutating func finished(
        _ errand: Errand, _ effect: LaneEffect, reachedFarSide: Bool, usage: Usage, at now: Instant,
        using random: inout some RandomNumberGenerator
    ) {
        let mailbox = errand.lane.mailbox
        let trouble = status(of: .graph, of: lane(mailbox), at: now).reason
        let isProof = !(trouble?.cause.needsOperator ?? false)
        ended(
            errand.id, by: .graph, of: mailbox, effect == .healthy && !isProof ? .inconclusive : effect,
            reachedFarSide: reachedFarSide, usage: usage, at: now, using: &random)
    }

    private mutating func ended(
        _ id: QueueID, by path: Path, of mailbox: Address, _ effect: LaneEffect, reachedFarSide: Bool, usage: Usage,
        at now: Instant, using random: inout some RandomNumberGenerator
    ) {
        let isLocal = paths[path].finished(id, of: mailbox, effect, at: now, using: &random)
        // A look submits nothing, so nobody's recipients count for it.
        external.finished(id, reachedFarSide: reachedFarSide && usage.isSubmitted, at: now)
        lookOut(at: now)
        update(mailbox, at: now) { lane in
            lane.finished(id, effect, reachedFarSide: reachedFarSide, usage: usage, at: now, using: &random)
            if isLocal, case .routeFailure(let refusal, let retryAfter) = effect {
                lane.keepStill(on: path, refusal, retryAfter: retryAfter, at: now, using: &random)
            }
        }
    }

    func nextWake(at now: Instant) -> Instant? {
        let start = outlook.paths.compactMap { paths[$0].nextWake(at: now, concurrency: limits.concurrency(of: $0)) }
            .min()
        guard let start, let diversion = nextDiversion(at: now) else { return start ?? nextDiversion(at: now) }
        return min(start, diversion)
    }

    /// In an order that does not change from run to run.
    var mailboxes: [Address] { lanes.keys.sorted { $0.folded < $1.folded } }

    private mutating func popReady(_ open: [Path]) -> Address? {
        for path in open {
            if let mailbox = paths[path].popReady() { return mailbox }
        }
        return nil
    }

    // MARK: What changes with time

    private mutating func keepTime(at now: Instant) {
        lookOut(at: now)
        for path in Path.allCases {
            while let mailbox = paths[path].popDue(at: now) { place(mailbox, at: now) }
        }
        while let mailbox = retirements.popDue(at: now) { place(mailbox, at: now) }
    }

    private mutating func lookOut(at now: Instant) {
        let isCalm = outlook.isUntroubled && paths[.graph].breaker.trouble == nil && paths[.smtp].breaker.trouble == nil
        if !isCalm { look(at: now) }
    }

    private mutating func look(at now: Instant) {
        let next = RouteOutlook(limits, troubles: PathPair { paths[$0].breaker.trouble }, at: now)
        guard next != outlook else { return }
        outlook = next
        for mailbox in mailboxes { place(mailbox, at: now) }
    }

    private mutating func place(_ mailbox: Address, at now: Instant) {
        guard let lane = lanes[mailbox] else { return }
        placements += 1
        for path in Path.allCases {
            let readiness = lane.readiness(on: path, outlook, at: now)
            paths[path].place(mailbox, readiness, load: lane.gates[path].inFlight)
        }
        let retirement = lane.retirement(at: now)
        retirements.set(mailbox, to: retirement)
        if let retirement, retirement <= now {
            retirements.set(mailbox, to: nil)
            lanes[mailbox] = nil
        }
    }
}

extension Refusal {
    fileprivate static func tooManyExternals(_ row: Waiting, _ limit: Rate) -> Refusal {
        Refusal(
            scope: .message, cause: .rejected,
            text:
                "The message has \(row.externalRecipients ?? row.recipients) recipients outside `accepted_domains`, more than "
                + "`external_recipients` allows in its whole window (\(limit.amount)). Raise it, or lower "
                + "`recipients_per_message` so that messages are split.")
    }

    fileprivate static func tooManyRecipients(_ row: Waiting, _ limit: Rate) -> Refusal {
        Refusal(
            scope: .message, cause: .rejected,
            text:
                "The message has \(row.recipients) recipients, more than `recipients_per_mailbox` allows in its whole "
                + "window (\(limit.amount)). Raise it, or lower `recipients_per_message` so that messages are split.")
    }
}
