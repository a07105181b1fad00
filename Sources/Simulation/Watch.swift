import DeliveryPolicy
import EmailLog
import MailModel
import Postern

/// Holds the promises of docs/INTERNALS.md against each step as it is made, and counts what met what.
///
/// It looks at the store and at Microsoft's own list, never at what delivery believes.
final class Watch {
    private let scenario: Scenario
    private unowned let world: World
    private(set) var violations: [String] = []
    private(set) var coverage = Coverage()
    /// Accepted recipients by message.
    private var promised: [String: [Address]] = [:]
    private var answers: [QueueID: Delivery] = [:]
    private var answeredAt: [QueueID: Instant] = [:]
    private var splitting: [Address] = []

    init(_ scenario: Scenario, in world: World) {
        self.scenario = scenario
        self.world = world
    }

    var messageCount: Int { promised.count }

    func report(_ violation: String) {
        world.note("VIOLATION \(violation)")
        violations.append(violation)
    }

    // MARK: The life of a row

    func promise(_ submission: Submission) {
        guard let id = submission.queueID else { return }
        promised[id.rawValue] = submission.envelopes.flatMap(\.recipients)
    }

    func didAccept(_ submission: Submission) {
        guard let id = submission.queueID else { return }
        for part in submission.envelopes.indices {
            if let row = world.store.row(id.part(part + 1)) { coverage.add(row.status, .accept) }
        }
    }

    func willClaim(_ id: QueueID, by path: Path) {
        willChange(id, .claim)
        world.note("claim \(id) by \(path)")
    }

    func willChange(_ id: QueueID, _ event: Coverage.Event) {
        guard let row = world.store.row(id) else { return report("\(id) is gone") }
        coverage.add(row.status, event)
    }

    func willSettle(_ id: QueueID, _ settlement: Settlement, _ attempt: AttemptRecord?) {
        guard let row = world.store.row(id) else { return report("\(id) is gone") }
        check(settlement, attempt?.outcome, of: row, row.recipients)
        world.note("settle \(id) \(settlement.event)")
    }

    func willSettle(_ id: QueueID, _ parts: [SettledPart]) {
        guard let row = world.store.row(id) else { return report("\(id) is gone") }
        splitting = row.recipients
        coverage.add(row.status, .split)
        for part in parts { check(part.settlement, part.attempt.outcome, of: row, part.recipients) }
        world.note("settle \(id) in \(parts.count) parts")
    }

    func didSplit(_ id: QueueID, _ ids: [QueueID]) {
        let now = ids.flatMap { world.store.row($0)?.recipients ?? [] }
        guard now.count == splitting.count, Set(now) == Set(splitting) else {
            return report("the parts of \(id) do not hold each recipient once")
        }
    }

    func didExpire(_ id: QueueID) {
        guard let row = world.store.row(id) else { return }
        coverage.add(.queued, .expire)
        checkGivenUp(row)
        world.note("expire \(id)")
    }

    func didRecover(_ message: RecoveredMessage) {
        coverage.add(.inProgress, .recover)
        world.note("recover \(message.id) \(message.status.word)")
    }

    private func check(_ settlement: Settlement, _ outcome: Outcome?, of row: MemoryRow, _ recipients: [Address]) {
        coverage.add(row.status, settlement.event)
        if row.status != .inProgress { report("\(row.id) is settled while \(row.status.word)") }
        switch settlement {
        case .sent:
            let without = recipients.filter { world.microsoft.copies(of: row.base, to: $0) == 0 }
            if !without.isEmpty { report("\(row.id) is called sent, and \(without[0]) has nothing") }
        case .failed:
            if case .rejected = outcome { return }
            if outcome == nil, isRefusedHere(row) { return }
            checkGivenUp(row)
        case .unknown:
            if case .unknown = outcome, scenario.onUnknown == .hold { return }
            report("\(row.id) is held as unknown without need")
        case .retry(let moment, _, _):
            guard case .deferred(let refusal, let wait?) = outcome, refusal.scope == .message else { return }
            // A disk in trouble may have kept the outcome waiting, but for nothing that Microsoft counts.
            let passed = answeredAt[row.id].map { world.now - $0 } ?? .zero
            if moment < world.wallNow + wait - passed - .milliseconds(2) {
                report("\(row.id) is due before its Retry-After")
            }
        case .moved(let path, _):
            let isTrials = row.queue == .trial && path == scenario.limits.primary
            switch outcome {
            case .deferred, .rejected: if isTrials { return }
            case .accepted, .unknown, nil: break
            }
            report("\(row.id) moves to \(path.rawValue) without need")
        }
    }

    /// No attempt can carry it.
    private func isRefusedHere(_ row: MemoryRow) -> Bool {
        let isTooMany = Int64(row.recipients.count) > scenario.limits.lane.recipients.amount
        return isTooMany || scenario.isUnrepresentable(row.id, by: .graph)
    }

    private func checkGivenUp(_ row: MemoryRow) {
        guard world.wallNow - row.waitingSince < scenario.schedule.giveUpAfter else { return }
        report("\(row.id) is given up before its time")
    }

    // MARK: What reaches Microsoft

    func willBegin(_ request: Microsoft.Request, pausedUntil: Instant?, beside other: Microsoft.Request?) {
        let (id, place) = (request.message.id, request.place)
        coverage.add(state(of: place), .begin)
        world.note("begin \(id) by \(place.path)\(request.fault.map { ", fault \($0)" } ?? "")")
        if other != nil { report("\(id) is attempted twice at once") }
        // An answer and a request are on their way for a millisecond each at least.
        if let pausedUntil, world.now < pausedUntil - .milliseconds(2) {
            report("\(place.lane.mailbox) is asked by \(place.path) during a pause")
        }
        guard let row = world.store.row(id), row.status == .inProgress, row.claim?.path == place.path else {
            return report("\(id) is attempted without a claim on record")
        }
        guard let unknown = row.lastUnknown else { return }
        // What a path cannot carry, it has not sent.
        if unknown.path != place.path, !scenario.isUnrepresentable(id, by: unknown.path) {
            report("\(id) changes its path after a lost answer")
        }
        if scenario.onUnknown == .hold, row.unknownCount > row.resends {
            report("\(id) is sent again after a lost answer, though that is for a person to decide")
        }
    }

    /// Someone has received a message.
    func didDeliver(_ message: QueuedMessage, copiesBefore: Int) {
        guard copiesBefore > 0 else { return }
        let known = world.store.row(message.id)?.unknownCount ?? 0
        if known < copiesBefore { report("\(message.id) is sent again, and no lost answer is on record") }
    }

    func didAnswer(_ request: Microsoft.Request, _ delivery: Delivery) {
        coverage.add(state(of: request.place), Coverage.PathEvent(delivery))
        answers[request.message.id] = delivery
        answeredAt[request.message.id] = world.now
        world.note("answer \(request.message.id) \(delivery.outcome.word)")
    }

    private func state(of place: Microsoft.LanePath) -> Coverage.PathState {
        let (lane, path) = (place.lane, place.path)
        func pause(_ mailbox: Address?) -> LanePause? {
            world.store.pause(on: LanePause.Key(route: lane.route, mailbox: mailbox, path: path))
        }
        let now = world.wallNow
        if let pause = pause(nil) { return pause.until > now ? .routePaused : .routeProbing }
        if let pause = pause(lane.mailbox) { return pause.until > now ? .mailboxPaused : .mailboxProbing }
        return .open
    }

    // MARK: What happens to all

    func happened(_ event: Coverage.Event) {
        world.note("\(event)")
        for (status, count) in world.store.population where count > 0 { coverage.add(status, event) }
    }

    func happened(_ event: Coverage.PathEvent) {
        for mailbox in scenario.mailboxes {
            for path in scenario.paths {
                let lane = LaneKey(route: scenario.route(of: mailbox), mailbox: mailbox)
                coverage.add(state(of: .init(lane: lane, path: path)), event)
            }
        }
    }

    // MARK: The end

    /// Every accepted recipient stands in exactly one row, and that row says what came of it.
    func audit() {
        let rows = Dictionary(grouping: world.store.rows.values, by: \.base)
        defer { violations.sort() }
        for (message, recipients) in promised {
            let own = rows[message] ?? []
            let held = own.flatMap(\.recipients)
            if held.count != recipients.count || Set(held) != Set(recipients) {
                report("\(message) was accepted for \(recipients.count) recipients, and is kept for \(held.count)")
            }
            for row in own { audit(row) }
        }
    }

    private func audit(_ row: MemoryRow) {
        if row.status == .queued || row.status == .inProgress { report("\(row.id) is \(row.status.word) for ever") }
        for recipient in row.recipients {
            let copies = world.microsoft.copies(of: row.base, to: recipient)
            if row.status == .sent, copies == 0 { report("\(row.id) is sent, and \(recipient) has nothing") }
            if row.status != .sent, copies > row.unknownCount {
                report("\(row.id) is \(row.status.word), and \(recipient) has received it")
            }
            if copies > 1 + row.unknownCount { report("\(row.id): \(recipient) has \(copies) copies") }
        }
    }
}

extension Settlement {
    fileprivate var event: Coverage.Event {
        switch self {
        case .sent: .sent
        case .failed(_, let isGivenUp): isGivenUp ? .givenUp : .rejected
        case .retry(_, let spent, _): spent ? .retry : .wait
        case .moved: .moved
        case .unknown: .unknown
        }
    }
}

extension Coverage.PathEvent {
    fileprivate init(_ delivery: Delivery) {
        if delivery.fallsBack {
            self = .cannotCarry
            return
        }
        switch delivery.outcome {
        case .accepted: self = .accepted
        case .unknown: self = .unknown
        case .rejected: self = .message
        case .deferred(let refusal, _):
            switch (refusal.scope, refusal.cause) {
            case (.message, _), (.recipient, _): self = .message
            case (_, .throttled): self = .throttled
            case (_, .unavailable): self = .unavailable
            default: self = .needsOperator
            }
        }
    }
}
