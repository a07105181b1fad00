import DeliveryPolicy
import MailModel
import Testing

/// A scheduler with a backlog against a far side that counts: every request arrives somewhere between its start and its
/// answer. Holds the invariants after every step; the same seed gives the same run.
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
    private var pausedUntil: [LaneKey: Instant] = [:]
    private var log: [LaneKey: [Spent]] = [:]
    private(set) var arrivals: [LaneKey: [(at: Instant, row: Waiting)]] = [:]
    private(set) var starts: [LaneKey: [Instant]] = [:]
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
                id: id(number), priority: Priority.allCases.randomElement(using: &random) ?? .normal, due: 0,
                recipients: .random(in: 1...5, using: &random), size: .random(in: 500...60_000, using: &random))
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
        for start in scheduler.start(at: now) {
            guard let index = rowIndex[start.id] else {
                Issue.record("an unknown row starts")
                continue
            }
            #expect(pausedUntil[start.lane].map { $0 <= now } ?? true, "a start during a pause")
            fly(start, index)
        }
        let wake = scheduler.nextWake(at: now)
        #expect(wake.map { $0 > now } ?? true, "no wake-up without cause")
        #expect(flights.count <= settings.route.concurrency)
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
        starts[start.lane, default: []].append(now)
        let sameLane = flights.values.filter { $0.start.lane == start.lane }.count
        #expect(sameLane <= settings.route.lane.concurrency)
    }

    private func nextMoment() -> Instant? {
        [flights.values.map(\.endsAt).min(), scheduler.nextWake(at: now), nextRestart].compactMap(\.self).min()
    }

    private mutating func finishDue() {
        let due = flights.values.filter { $0.endsAt <= now }.sorted { ($0.endsAt, $0.row.id) < ($1.endsAt, $1.row.id) }
        for flight in due {
            flights[flight.row.id] = nil
            arrivals[flight.start.lane, default: []].append((flight.arrivesAt, flight.row))
            record(flight, answeredAt: now)
            finish(flight)
            refill(flight.start.lane)
        }
    }

    private mutating func finish(_ flight: Flight) {
        let lane = flight.start.lane
        let isThrottled = settings.throttled > 0 && Int.random(in: 0..<settings.throttled, using: &random) == 0
        guard isThrottled else {
            sent.insert(flight.row.id)
            scheduler.finished(flight.row.id, .healthy, at: now, using: &random)
            return
        }
        let retryAfter = Duration.seconds(Int.random(in: 1...40, using: &random))
        let effect = LaneEffect.pause(refusal(.throttled), retryAfter: retryAfter)
        let next = scheduler.finished(flight.row.id, effect, at: now, using: &random)
        #expect(next >= now + retryAfter)
        pausedUntil[lane] = max(pausedUntil[lane] ?? now, now + retryAfter)
        backlog[lane, default: []].append(flight.row)
    }

    private mutating func refill(_ key: LaneKey) {
        for priority in Priority.allCases {
            for _ in 0..<scheduler.windowRoom(key, priority, via: nil) {
                guard let index = backlog[key]?.lastIndex(where: { $0.priority == priority }) else { break }
                guard let row = backlog[key]?.remove(at: index) else { break }
                rowIndex[row.id] = row
                #expect(scheduler.enqueue(row, lane: key, at: now) == .waiting)
            }
        }
    }

    private mutating func record(_ flight: Flight, answeredAt moment: Instant) {
        let spent = Spent(answeredAt: moment, recipients: Int64(flight.row.recipients), size: flight.row.size)
        log[flight.start.lane, default: []].append(spent)
    }

    private mutating func pause(_ key: LaneKey, until moment: Instant) {
        scheduler.restorePause(key, .graph, refusal(.throttled), until: moment, at: now)
        pausedUntil[key] = moment
    }

    /// The process dies: what is in flight has arrived by now or never will; the next one knows only the log.
    private mutating func restart() {
        nextRestart = now + .milliseconds(Int.random(in: 1...2 * settings.restarts, using: &random))
        for flight in flights.values.sorted(by: { $0.row.id < $1.row.id }) {
            if flight.arrivesAt <= now {
                arrivals[flight.start.lane, default: []].append((flight.arrivesAt, flight.row))
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
            if let until = pausedUntil[key], until > now { pause(key, until: until) }
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
            func most(_ rate: Rate, _ amount: (Waiting) -> Int) -> Int64 {
                SlidingWindow.most(in: rate.per, rows.map { ($0.at, Int64(amount($0.row))) })
            }
            #expect(most(limits.messages) { _ in 1 } <= limits.messages.amount, "messages of \(key.mailbox)")
            #expect(most(limits.recipients, \.recipients) <= limits.recipients.amount, "recipients of \(key.mailbox)")
            #expect(most(limits.requests) { _ in 1 } <= limits.requests.amount, "requests of \(key.mailbox)")
            let octets = most(limits.upload) { Base64.encodedLength(of: Int($0.size)) }
            #expect(octets <= limits.upload.amount, "octets of \(key.mailbox)")
        }
    }
}
