import DeliveryPolicy
import EmailLog
import Logging
import MailModel
import Postern

/// One run of one scenario: a store and a Microsoft that last, processes that come and go, and a clock that moves from one
/// event to the next.
///
/// After each event everything that can run runs, on this thread, until nothing can; so a seed always gives the same run.
/// That one thread is why what belongs to a world needs no locks.
package final class World: @unchecked Sendable {
    let scenario: Scenario
    let store = MemoryStore()
    let executor = StepExecutor()
    private(set) lazy var microsoft = Microsoft(scenario, in: self)
    private(set) lazy var watch = Watch(scenario, in: self)
    var random: SplitMix64
    private var agenda = Agenda()
    private var life: Life?
    private var lives = 0
    private var ids: [QueueID] = []
    private var arrivalsLeft: Int
    private var steps = 0
    private var jobs = 0
    private var stepsAtOnce = 0
    private var crashes = 0
    private var reloads = 0
    private var isTrialRunning = true
    private let tracing: ((String) -> Void)?

    /// - Parameter tracing: hears what happens, line by line.
    package init(_ scenario: Scenario, tracing: ((String) -> Void)? = nil) {
        self.scenario = scenario
        self.tracing = tracing
        random = SplitMix64(seed: scenario.seed ^ 0x5EED)
        arrivalsLeft = scenario.arrivals.count
    }

    // MARK: Time

    var now: Instant { agenda.now }
    var wallNow: Timestamp { Timestamp(milliseconds: 1_795_262_400_000) + now.sinceStart }
    private var isCalm: Bool { now >= scenario.calmFrom }

    func at(_ moment: Instant, _ action: @escaping () -> Void) {
        agenda.add(at: moment, order: scenario.isShuffled ? random.next() : 0, action)
    }

    // MARK: The run

    package func run() -> Report {
        schedule()
        startProcess()
        while watch.violations.isEmpty, !isOver {
            let before = now
            guard let action = agenda.next() else {
                watch.report("nothing is left to happen")
                break
            }
            action()
            step(isSameMoment: now == before)
        }
        end()
        return Report(
            seed: scenario.seed, steps: steps, jobs: jobs, simulated: now.sinceStart, messages: watch.messageCount,
            requests: microsoft.requests, accepted: microsoft.accepted, duplicates: microsoft.duplicates,
            crashes: crashes,
            begun: microsoft.begun,
            violations: watch.violations, coverage: watch.coverage)
    }

    private func step(isSameMoment: Bool) {
        steps += 1
        jobs += drain()
        stepsAtOnce = isSameMoment ? stepsAtOnce + 1 : 0
        if stepsAtOnce > 100_000 { watch.report("turns without end") }
        if now > scenario.deadline { watch.report("mail still waits") }
        guard let life else { return }
        if life.hasEnded {
            note("the process has ended by itself")
            crash()
        } else if !isCalm, random.happens(scenario.crashShare) {
            crash()
        }
    }

    private func drain() -> Int {
        // The jobs draw from the same numbers.
        var order = SplitMix64(seed: scenario.isShuffled ? random.next() : 0)
        return executor.drain(isShuffled: scenario.isShuffled, using: &order)
    }

    private var isOver: Bool {
        isCalm && arrivalsLeft == 0 && store.population[.queued, default: 0] == 0
            && store.population[.inProgress, default: 0] == 0
    }

    private func end() {
        bury()
        if watch.violations.isEmpty { watch.audit() }
        agenda.clear()
    }

    private func schedule() {
        expectArrival(0)
        for moment in scenario.crashes { at(moment) { self.crash() } }
        for moment in scenario.interventions { at(moment) { self.intervene() } }
        for moment in scenario.reloads { at(moment) { self.reload() } }
        for moment in scenario.trialTurns { at(moment) { self.turnTrial() } }
    }

    // MARK: Mail

    /// One after the other, lest all that is to come be sorted with what is under way.
    private func expectArrival(_ number: Int) {
        guard number < scenario.arrivals.count else { return }
        let arrival = scenario.arrivals[number]
        at(arrival.at) {
            self.expectArrival(number + 1)
            self.accept(arrival, number)
        }
    }

    private func accept(_ arrival: Scenario.Arrival, _ number: Int) {
        // Who is not answered tries again.
        guard life != nil || arrival.isFromTool, diskFailure() == nil else {
            return at(now + .seconds(3)) { self.accept(arrival, number) }
        }
        arrivalsLeft -= 1
        let submission = submission(arrival, number)
        watch.promise(submission)
        if forgets(.accept) { return }
        do {
            let id = try store.accept(submission, size: arrival.size)
            ids += submission.envelopes.indices.map { id.part($0 + 1) }
        } catch {
            watch.report("a message is not taken: \(error)")
        }
        watch.didAccept(submission)
        note("accept \(submission.queueID.map(\.rawValue) ?? "-") for \(arrival.mailbox)")
        if arrival.isFromTool {
            store.touch()
        } else {
            life?.bell.ring(LaneKey(route: submission.route, mailbox: submission.mailbox), submission.priority)
        }
    }

    private func submission(_ arrival: Scenario.Arrival, _ number: Int) -> Submission {
        var first = 0
        let envelopes = arrival.recipients.map { count in
            defer { first += count }
            return Envelope(sender: arrival.mailbox, recipients: (first..<first + count).map(Scenario.recipient))
        }
        return Submission(
            queueID: QueueID(rawValue: "m\(number)"), createdDate: wallNow, envelopes: envelopes,
            route: scenario.route(of: arrival.mailbox), mailbox: arrival.mailbox, priority: arrival.priority,
            trial: scenario.isTried(number) ? "trial" : nil, via: arrival.via, body: .bytes([]))
    }

    /// An operator does something to some message, from another process.
    private func intervene() {
        guard !ids.isEmpty else { return }
        let id = random.pick(ids)
        let verbs: [(Coverage.Event, () throws(EmailLogError) -> Void)] = [
            (.hold, { () throws(EmailLogError) in try self.store.hold(id) }),
            (.release, { () throws(EmailLogError) in try self.store.release(id, at: self.wallNow) }),
            (.cancel, { () throws(EmailLogError) in try self.store.cancel(id) }),
            (.resend, { () throws(EmailLogError) in try self.store.resend(id, at: self.wallNow) }),
        ]
        let (event, verb) = random.pick(verbs)
        watch.willChange(id, event)
        do {
            try verb()
            note("\(event) \(id)")
        } catch {
            note("\(event) \(id): \(error)")
        }
        store.touch()
    }

    // MARK: Processes

    private func startProcess() {
        lives += 1
        store.claimant = lives
        watch.happened(Coverage.Event.restart)
        let life = Life(lives, in: self)
        self.life = life
        life.start(scenario, random: SplitMix64(seed: random.next()))
        jobs += drain()
    }

    /// Each other time with another way of counting, for which what was spent is read again.
    private func reload() {
        watch.happened(Coverage.Event.reload)
        watch.happened(Coverage.PathEvent.reload)
        reloads += 1
        life?.reload(reloads.isMultiple(of: 2) ? scenario : scenario.countingExternals)
    }

    /// By route, the path that its trial tries now.
    var trialPaths: [String: Path] {
        guard let path = scenario.limits.other, scenario.tried > 0, isTrialRunning else { return [:] }
        return Dictionary((0..<scenario.routeCount).map { ("route\($0)", path) }) { first, _ in first }
    }

    private func turnTrial() {
        isTrialRunning.toggle()
        note("the trial \(isTrialRunning ? "begins" : "ends")")
        life?.conduct(trialPaths)
    }

    private func crash() {
        guard life != nil else { return }
        crashes += 1
        watch.happened(Coverage.Event.crash)
        watch.happened(Coverage.PathEvent.crash)
        bury()
        microsoft.processDied { place, until in isOnRecord(place, until) }
        at(now + random.duration(scenario.downtime)) { self.startProcess() }
    }

    private func bury() {
        guard let life else { return }
        self.life = nil
        life.die()
        jobs += drain()
        if !life.hasEnded { watch.report("a process that was told to end goes on") }
    }

    private func isOnRecord(_ place: Microsoft.LanePath, _ until: Instant) -> Bool {
        let pauses = [place.lane.mailbox, nil].map { mailbox in
            store.pause(on: LanePause.Key(route: place.lane.route, mailbox: mailbox, path: place.path))
        }
        let ends = pauses.compactMap(\.self).filter(\.outlivesRestart).map(\.until)
        // Dates are of whole milliseconds.
        func reaches(_ end: Timestamp) -> Bool { end - wallNow >= until - now - .milliseconds(2) }
        return ends.contains(where: reaches) || respites(of: place).contains(where: reaches)
    }

    private func respites(of place: Microsoft.LanePath) -> [Timestamp] {
        store.attempts(since: wallNow - .seconds(86_400), route: place.lane.route)
            .filter { $0.lane == place.lane && $0.path == place.path }
            .compactMap { attempt in attempt.rest.map { attempt.finishedDate + $0 } }
    }

    // MARK: What the world does to a process

    /// `nil` where a verb takes no time.
    func diskTime() -> Duration? { scenario.diskTime.upperBound == 0 ? nil : random.fine(scenario.diskTime) }

    func diskFailure() -> EmailLogError? {
        let now = now
        guard scenario.diskFailures.contains(where: { $0.contains(now) }) else { return nil }
        watch.happened(Coverage.Event.diskFailure)
        return random.pick([.diskFull("no space left"), .inputOutput("input/output error"), .busy])
    }

    func forgets(_ sabotage: Scenario.Sabotage) -> Bool {
        guard scenario.sabotage == sabotage else { return false }
        return sabotage == .pauses || sabotage == .spending || random.happens(0.2)
    }

    // MARK: What is told

    var logger: Logger {
        Logger(label: "simulation") { _ in
            if self.tracing == nil { SwiftLogNoOpLogHandler() } else { TraceHandler(world: self) }
        }
    }

    func note(_ line: @autoclosure () -> String) {
        guard let tracing else { return }
        let text = "\(now.sinceStart / .seconds(1))"
        tracing(text + String(repeating: " ", count: max(1, 14 - text.count)) + line())
    }
}

/// What delivery logs, among the rest.
private struct TraceHandler: LogHandler {
    let world: World
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.debug

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let details = event.metadata?.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" } ?? []
        world.note("    " + ([event.message.description] + details).joined(separator: " "))
    }
}
