import MailModel
import Testing

@testable import DeliveryPolicy

/// A scheduler with a backlog against a far side that counts and sometimes fails: every request arrives somewhere between
/// its start and its answer. Holds the invariants after every step; the same seed gives the same run.
struct Simulation {
    struct Settings {
        var lanes = 1
        var backlog = 200
        var route = RouteLimits()
        var latency: ClosedRange<Int> = 50...2000
        /// Milliseconds of the latency with which one request in a hundred is answered.
        var slowest = 40_000
        /// One in so many requests is throttled; 0: none.
        var throttled = 0
        /// Milliseconds between restarts; 0: none.
        var restarts = 0
        var pausedLanes: Set<Int> = []
        /// Seconds over which the backlog comes in; 0: all is there from the beginning.
        var spread = 0
        /// One in so many rows is pinned to a path; 0: none.
        var pinned = 0
        var outages: [Outage] = []
    }

    /// A path answers every attempt like this.
    struct Outage: Sendable {
        let path: Path
        /// `nil`: of all mailboxes.
        var lane: Int?
        let during: Range<Instant>
        let refusal: Refusal

        func covers(_ start: Scheduler.Start, at now: Instant) -> Bool {
            start.path == path && during.contains(now) && (lane.map { Simulation.lane($0) == start.lane } ?? true)
        }

        var effect: LaneEffect {
            refusal.scope == .route
                ? .routeFailure(refusal, retryAfter: nil) : .pause(refusal, retryAfter: nil)
        }
    }

    struct Began {
        let at: Instant
        let row: Waiting
        let path: Path
    }

    private struct PathOfLane: Hashable {
        let lane: LaneKey
        let path: Path
    }

    private struct Flight {
        let start: Scheduler.Start
        let row: Waiting
        let beganAt: Instant
        let arrivesAt: Instant
        let endsAt: Instant
    }

    let settings: Settings
    private var random: SplitMix64
    private var scheduler = Scheduler()
    private var backlog: [LaneKey: [Waiting]] = [:]
    private var flights: [QueueID: Flight] = [:]
    private var pausedUntil: [PathOfLane: Instant] = [:]
    private var log: [LaneKey: [Spent]] = [:]
    private(set) var arrivals: [LaneKey: [(at: Instant, row: Waiting, path: Path)]] = [:]
    private(set) var starts: [LaneKey: [Began]] = [:]
    private(set) var sent: Set<QueueID> = []
    private(set) var steps = 0
    private var nextRestart: Instant?
    private(set) var now: Instant = 0

    init(_ settings: Settings, seed: UInt64) {
        self.settings = settings
        random = SplitMix64(seed: seed)
        scheduler.configure("r", settings.route, at: now)
        for number in 0..<settings.lanes * settings.backlog {
            let waiting = Waiting(
                id: id(number), priority: Priority.allCases.randomElement(using: &random) ?? .normal,
                due: settings.spread > 0 ? Instant(.seconds(Int.random(in: 0..<settings.spread, using: &random))) : 0,
                recipients: .random(in: 1...5, using: &random), size: .random(in: 500...60_000, using: &random),
                via: settings.pinned > 0 && number % settings.pinned == 0
                    ? Path.allCases.randomElement(using: &random) : nil)
            backlog[Self.lane(number % settings.lanes), default: []].append(waiting)
        }
        for key in backlog.keys { backlog[key]?.sort(by: >) }
        for lane in settings.pausedLanes { pause(Self.lane(lane), until: 1_000_000) }
        nextRestart = settings.restarts > 0 ? Instant(.milliseconds(settings.restarts)) : nil
    }

    static func lane(_ number: Int) -> LaneKey { LaneKey(route: "r", mailbox: address("box\(number)@contoso.com")) }

    private var keys: [LaneKey] { (0..<settings.lanes).map(Self.lane) }

    /// Until everything is sent, or `end`.
    mutating func run(until end: Instant) {
        for key in keys { refill(key) }
        while now <= end, sent.count < settings.lanes * settings.backlog {
            steps += 1
            startAll()
            guard let next = nextMoment(), next <= end else { return }
            now = next
            if let restart = nextRestart, restart <= now { self.restart() }
            finishDue()
        }
    }

    private mutating func startAll() {
        let before = settings.outages.isEmpty ? nil : scheduler
        let starting = scheduler.start(at: now)
        for start in starting {
            guard let row = rowIndex[start.id] else {
                Issue.record("an unknown row starts")
                continue
            }
            let pause = pausedUntil[PathOfLane(lane: start.lane, path: start.path)]
            #expect(pause.map { $0 <= now } ?? true, "a start during a pause")
            if let before { expectOpen(start, row, before) }
            fly(start, row)
        }
        if let before { expectOneProbe(of: starting, before) }
        let wake = scheduler.nextWake(at: now)
        #expect(wake.map { $0 > now } ?? true, "no wake-up without cause")
        for path in Path.allCases {
            #expect(flights.values.count { $0.start.path == path } <= settings.route.concurrency(of: path))
        }
    }

    /// Nothing starts on a closed path, nor away from its pin, nor leaves a primary that is well.
    private func expectOpen(_ start: Scheduler.Start, _ row: Waiting, _ before: Scheduler) {
        let status = before.explain(start.lane, at: now)?.paths ?? []
        let taken = status.first { $0.path == start.path }
        #expect(taken.map { $0.pausedUntil == nil && !$0.isProbing } ?? false, "a start on a closed path")
        if let pin = row.via {
            #expect(start.path == pin)
        } else if start.path != settings.route.primary {
            let route = before.routes["r"]
            let primary = settings.route.primary
            let troubles =
                [route?.paths[primary].breaker.trouble].compactMap(\.self)
                + (route?.lane(start.lane.mailbox).gates[primary].troubles(at: now) ?? [])
            let diversions = troubles.compactMap { settings.route.fallback?.diversion(from: $0) }
            #expect(diversions.contains { $0 <= now }, "left a primary that is well")
        }
    }

    private func expectOneProbe(of starts: [Scheduler.Start], _ before: Scheduler) {
        for status in before.pathStatus(route: "r", at: now) where status.reason != nil {
            #expect(starts.count { $0.path == status.path } <= 1, "one probe at a time")
        }
    }

    private var rowIndex: [QueueID: Waiting] = [:]

    private mutating func fly(_ start: Scheduler.Start, _ row: Waiting) {
        let isSlow = Int.random(in: 0..<100, using: &random) == 0
        let latency = isSlow ? settings.slowest : Int.random(in: settings.latency, using: &random)
        let flight = Flight(
            start: start, row: row, beganAt: now,
            arrivesAt: now + .milliseconds(Int.random(in: 0...latency, using: &random)),
            endsAt: now + .milliseconds(latency))
        flights[start.id] = flight
        starts[start.lane, default: []].append(Began(at: now, row: row, path: start.path))
        let beside = flights.values.count { $0.start.lane == start.lane && $0.start.path == start.path }
        #expect(beside <= settings.route.lane.concurrency(of: start.path))
    }

    private func nextMoment() -> Instant? {
        [flights.values.map(\.endsAt).min(), scheduler.nextWake(at: now), nextRestart].compactMap(\.self).min()
    }

    private mutating func finishDue() {
        let due = flights.values.filter { $0.endsAt <= now }.sorted { ($0.endsAt, $0.row.id) < ($1.endsAt, $1.row.id) }
        for flight in due {
            flights[flight.row.id] = nil
            arrivals[flight.start.lane, default: []].append((flight.arrivesAt, flight.row, flight.start.path))
            record(flight, answeredAt: now)
            finish(flight)
            refill(flight.start.lane)
        }
    }

    private mutating func finish(_ flight: Flight) {
        if let outage = settings.outages.first(where: { $0.covers(flight.start, at: now) }) {
            putBack(flight, after: outage.effect)
        } else if settings.throttled > 0, Int.random(in: 0..<settings.throttled, using: &random) == 0 {
            throttle(flight)
        } else {
            sent.insert(flight.row.id)
            scheduler.finished(flight.row.id, .healthy, at: now, using: &random)
        }
    }

    private mutating func throttle(_ flight: Flight) {
        let retryAfter = Duration.seconds(Int.random(in: 1...40, using: &random))
        putBack(flight, after: .pause(refusal(.throttled), retryAfter: retryAfter), notBefore: now + retryAfter)
    }

    /// - Parameter pause: no start of the lane by the path before that.
    private mutating func putBack(_ flight: Flight, after effect: LaneEffect, notBefore pause: Instant? = nil) {
        let next = scheduler.finished(flight.row.id, effect, at: now, using: &random)
        if let pause {
            let place = PathOfLane(lane: flight.start.lane, path: flight.start.path)
            pausedUntil[place] = max(pausedUntil[place] ?? now, pause)
            let mayLeave = flight.row.via == nil && settings.route.fallback != nil
            #expect(mayLeave || next >= pause)
        }
        backlog[flight.start.lane, default: []].append(flight.row)
    }

    private mutating func refill(_ key: LaneKey) {
        for priority in Priority.allCases {
            for pin in settings.pinned > 0 ? [nil, .graph, .smtp] : [Path?.none] { refill(key, priority, via: pin) }
        }
    }

    private mutating func refill(_ key: LaneKey, _ priority: Priority, via pin: Path?) {
        let section = LaneSections(LaneSection(priority, LaneQueue(via: pin, isTrial: false)))
        guard scheduler.roomy(section, of: key) == section else { return }
        for _ in 0...settings.route.window / 2 {
            let next = backlog[key]?.lastIndex { $0.priority == priority && $0.via == pin }
            guard let next, let row = backlog[key]?.remove(at: next) else { break }
            rowIndex[row.id] = row
            #expect(scheduler.enqueue(row, lane: key, at: now) == .waiting)
        }
    }

    private mutating func record(_ flight: Flight, answeredAt moment: Instant) {
        let spent = Spent(
            answeredAt: moment, path: flight.start.path, recipients: Int64(flight.row.recipients), size: flight.row.size
        )
        log[flight.start.lane, default: []].append(spent)
    }

    private mutating func pause(_ key: LaneKey, until moment: Instant) {
        scheduler.restorePause(key, .graph, refusal(.throttled), until: moment, at: now)
        pausedUntil[PathOfLane(lane: key, path: .graph)] = moment
    }

    /// The process dies: what is in flight has arrived by now or never will; the next one knows only the log.
    private mutating func restart() {
        nextRestart = now + .milliseconds(Int.random(in: 1...2 * settings.restarts, using: &random))
        for flight in flights.values.sorted(by: { $0.row.id < $1.row.id }) {
            if flight.arrivesAt <= now {
                arrivals[flight.start.lane, default: []].append((flight.arrivesAt, flight.row, flight.start.path))
            }
            record(flight, answeredAt: now)
            backlog[flight.start.lane, default: []].append(flight.row)
        }
        for (waiting, key) in rowIndex.values.map({ row in (row, lane(of: row)) })
        where scheduler.remove(waiting.id, at: now) { backlog[key, default: []].append(waiting) }
        flights = [:]
        scheduler = Scheduler()
        scheduler.configure("r", settings.route, at: now)
        for key in keys {
            backlog[key]?.sort(by: >)
            scheduler.restore(key, log[key] ?? [], at: now)
            if let until = pausedUntil[PathOfLane(lane: key, path: .graph)], until > now { pause(key, until: until) }
            refill(key)
        }
    }

    private func lane(of row: Waiting) -> LaneKey {
        Self.lane((Int(row.id.rawValue) ?? 0) % settings.lanes)
    }

    /// Nothing the far side could count, in any window, is above the limit.
    func expectNoLimitExceeded() {
        let limits = settings.route.lane
        for (key, rows) in arrivals {
            func most(
                _ rate: Rate, by paths: [Path] = Path.allCases, _ amount: (Waiting) -> Int
            ) -> Int64 {
                let counted = rows.filter { paths.contains($0.path) }
                return SlidingWindow.most(in: rate.per, counted.map { ($0.at, Int64(amount($0.row))) })
            }
            #expect(most(limits.messages) { _ in 1 } <= limits.messages.amount, "messages of \(key.mailbox)")
            #expect(most(limits.recipients, \.recipients) <= limits.recipients.amount, "recipients of \(key.mailbox)")
            let requests = most(limits.requests, by: [.graph]) { _ in 1 }
            #expect(requests <= limits.requests.amount, "requests of \(key.mailbox)")
            let octets = most(limits.upload, by: [.graph]) { Base64.encodedLength(of: Int($0.size)) }
            #expect(octets <= limits.upload.amount, "octets of \(key.mailbox)")
        }
    }
}
