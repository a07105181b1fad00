import DeliveryPolicy
package import EmailLog
package import Logging
import MailModel
package import NIOCore
import ServiceLifecycle

/// Brings what waits in the store to Microsoft: asks the scheduler what may start, attempts it, records what came of it.
///
/// The scheduler decides and the store remembers; this actor carries events between them, and keeps only a bounded window
/// of each lane in memory.
package actor DeliveryManager: Service {
    let log: any DeliveryStore
    /// `nil` where Graph is not exercised.
    let shadows: (any ShadowStore)?
    let clocks: Clocks
    let logger: Logger
    let bell: Bell
    let alarm: Alarm
    var routes: [String: DeliveryRoute]
    var keepsSentBodies: Bool
    /// By route, the path that its running trial tries.
    var trialPaths: [String: Path] = [:]
    /// `nil` where senders are not told of failures.
    var bounces: BounceWriter?
    var scheduler = Scheduler()
    var random: any RandomNumberGenerator & Sendable
    var agenda = StoreAgenda()
    /// Pauses on record and their ends, so that they are taken off it when mail flows again.
    var recordedPauses: [LanePause.Key: Timestamp] = [:]
    /// Attempted of late, and when that ended: what the store said of them before is out of date.
    var attempted: [QueueID: Instant] = [:]
    private var quotaWatch = QuotaWatch()
    private var storeVersion: Int?
    /// What both clocks showed at the last look.
    private var lastLook: (wall: Timestamp, steady: Instant)?
    private var nextLook = Instant.start
    private var nextSweep = Instant.start
    var nextDraftLook = Instant.start
    var isSweepingDrafts = false
    var nextShadowLook = Instant.start
    var nextShadowCare = Instant.start
    /// Those under way.
    var runningShadows: Set<Int64> = []
    /// Routes of which nobody knows yet whether their tokens grant what `exactly_once` needs.
    var uncheckedPermissions: Set<String>
    var nextPermissionLook = Instant.start
    /// Routes that a reload has brought, of whose past the scheduler does not know yet: until it does, nothing starts.
    var unremembered: Set<String> = []
    /// The same of those whose recipients count otherwise, and of what is spent of their quota.
    var uncounted: Set<String> = []
    /// The log is being asked for it.
    var isRemembering = false
    /// Outcomes that are on their way into the log.
    var recordsUnderWay = 0
    /// The store failed: nothing starts before then.
    private var storeRestsUntil = Instant.start

    /// - Parameters:
    ///   - shadows: what waits to be exercised by Graph.
    ///   - eventLoop: whose timers wake it.
    ///   - random: spreads retries and probes.
    package init(
        log: any DeliveryStore, shadows: (any ShadowStore)? = nil, routes: [DeliveryRoute], keepsSentBodies: Bool,
        bounces: BounceWriter?, bell: Bell,
        eventLoop: any EventLoop, clocks: Clocks, logger: Logger,
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) {
        self.log = log
        self.shadows = shadows
        self.routes = Dictionary(routes.map { ($0.name, $0) }) { first, _ in first }
        uncheckedPermissions = Self.needPermissions(routes)
        self.keepsSentBodies = keepsSentBodies
        self.bounces = bounces
        self.bell = bell
        alarm = Alarm(on: eventLoop)
        self.clocks = clocks
        self.logger = logger
        self.random = random
    }

    /// Delivers until a graceful shutdown; then claims no more, and returns when the attempts under way are settled.
    package func run() async throws {
        await restoreOnceStoreAnswers()
        bell.ring()
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                for await _ in bell.rings {
                    for start in await nextStarts() { group.addTask { await self.attempt(start) } }
                    if isTimeForPermissions() { group.addTask { await self.checkPermissions() } }
                    if isTimeForDrafts() { group.addTask { await self.sweepDrafts() } }
                    for turn in await nextShadows() { group.addTask { await self.run(turn) } }
                }
            }
        } onGracefulShutdown: {
            self.bell.silence()
        }
        alarm.cancel()
    }

    /// A store in trouble is waited for: ending would only have the service started again and again.
    private func restoreOnceStoreAnswers() async {
        while !Task.isShuttingDownGracefully {
            do {
                return try await restore()
            } catch {
                rest(after: error)
                scheduler = Scheduler()
                if (try? await clocks.sleep(.seconds(1))) == nil { return }
            }
        }
    }

    /// Takes over other routes or other limits. What was spent and what is paused by Microsoft stays; what waited for an
    /// operator is tried at once, because the reload may be the mending. Tokens go on being used until other credentials
    /// have brought others.
    package func reload(_ reloaded: [DeliveryRoute], keepsSentBodies: Bool, bounces: BounceWriter?) async {
        let now = clocks.instant()
        let old = Set(routes.keys)
        let names = Set(reloaded.map(\.name))
        for route in reloaded {
            if let old = routes[route.name] { await route.takeOver(from: old) }
        }
        // Where recipients count otherwise from now on, what waits is enqueued anew, and what is spent of the quota read anew.
        let renewed = reloaded.filter { $0.countsOtherwise(than: routes[$0.name]) }.map(\.name)
        for name in old.subtracting(names) { _ = scheduler.remove(route: name) }
        for name in renewed { scheduler.recount(route: name, at: now) }
        routes = Dictionary(reloaded.map { ($0.name, $0) }) { first, _ in first }
        self.keepsSentBodies = keepsSentBodies
        self.bounces = bounces
        for route in reloaded {
            scheduler.configure(route.name, limits(of: route), at: now)
            scheduler.hurry(route.name, at: now)
        }
        unremembered = unremembered.union(names.subtracting(old)).intersection(names)
        uncounted = uncounted.union(renewed).intersection(names).subtracting(unremembered)
        await catchUp()
        do {
            try await endOperatorPauses()
        } catch {
            rest(after: error)
        }
        uncheckedPermissions = Self.needPermissions(reloaded)
        nextPermissionLook = clocks.instant()
        lookAgain()
    }

    /// What waits where may have changed.
    func lookAgain() {
        storeVersion = nil
        nextLook = clocks.instant()
        bell.ring()
    }

    // MARK: One turn

    func nextStarts() async -> [Scheduler.Start] {
        await lookAround()
        await catchUp()
        for (lane, sections) in bell.takeLanes() { agenda.crave(lane, sections) }
        await refill()
        let now = clocks.instant()
        let starts = isResting(at: now) ? [] : scheduler.start(at: now)
        for start in starts { agenda.stir(start.lane) }
        await putOff(scheduler.takePutOff())
        setAlarm(at: clocks.instant())
        return starts
    }

    /// Notices what other processes have changed, and now and then looks after all that waits.
    private func lookAround() async {
        let now = clocks.instant()
        if now >= nextSweep {
            nextSweep = now + sweepInterval
            attempted = attempted.filter { now - $0.value < .seconds(60) }
            await settleTheDead()
            await lookAfterLanes()
            warnOfQuotas(at: now)
        }
        guard now >= nextLook else { return }
        nextLook = now + .seconds(1)
        do {
            try await followClock()
            let version = try await log.dataVersion()
            guard version != storeVersion else { return }
            storeVersion = version
            for (lane, next) in try await log.lanesWithWork() where routes[lane.route] != nil {
                agenda.wake(lane, at: next)
            }
        } catch {
            storeVersion = nil
            rest(after: error)
        }
    }

    /// Dates that were reckoned by a clock that has been set back since are too far ahead. One that was set forward makes
    /// some rows due early, which the limits and pauses, kept by the steady clock, do not mind.
    private func followClock() async throws(EmailLogError) {
        let (wall, steady) = (clocks.now(), clocks.instant())
        let step = lastLook.map { (wall - $0.wall) - (steady - $0.steady) } ?? .zero
        // What was due a moment ago is not any more, and nobody may have noted its date.
        if step < .milliseconds(-50) { storeVersion = nil }
        if step < .seconds(-2) {
            logger.warning("the clock was set back", metadata: [LogKey.since: "\(lastLook?.wall ?? wall)"])
            try await log.bringForward(by: .zero - step, at: wall)
            agenda.shiftDates(by: step)
            recordedPauses = recordedPauses.mapValues { $0 + step }
        }
        lastLook = (wall, steady)
    }

    /// A command that was killed while it sent something left a row in progress.
    private func settleTheDead() async {
        do {
            try await recover(at: clocks.now())
        } catch {
            rest(after: error)
        }
    }

    /// How much is used of each quota.
    func quotas() -> [QuotaUse] { scheduler.quotas(at: clocks.instant()) }

    private func warnOfQuotas(at now: Instant) {
        for quota in quotaWatch.crossings(in: scheduler.quotas(at: now)) {
            logger.warning("quota nearly used up", metadata: quota.metadata)
        }
    }

    private var sweepInterval: Duration {
        let shortest = routes.values.map(\.schedule.giveUpAfter).min() ?? .seconds(600)
        return min(.seconds(60), max(.seconds(1), shortest / 10))
    }

    private func setAlarm(at now: Instant) {
        let wallNow = clocks.now()
        let due = agenda.earliest.map { now + max(.zero, $0 - wallNow) }
        let wake = [scheduler.nextWake(at: now), due, nextLook].compactMap(\.self).min() ?? nextLook
        alarm.set(in: max(wake, storeRestsUntil) - now, ringing: bell)
    }

    /// Whether nothing may start, neither mail nor an errand.
    func isResting(at now: Instant) -> Bool { now < storeRestsUntil || isRemembering || lacksMemory }

    /// A reload has brought something of which the log has not been asked yet.
    var lacksMemory: Bool { !unremembered.isEmpty || !uncounted.isEmpty }

    /// The disk or another process is in the way: nothing is lost by waiting a moment.
    func rest(after error: EmailLogError) {
        storeRestsUntil = clocks.instant() + .seconds(1)
        logger.error("store failed, delivery rests", metadata: [LogKey.reason: "\(error)"])
    }
}

extension DeliveryRoute {
    /// Whether a reload changes which recipients count against a limit, or whether any do.
    fileprivate func countsOtherwise(than old: DeliveryRoute?) -> Bool {
        guard let old else { return false }
        let isCounted = limits.externalRecipients != nil
        let wasCounted = old.limits.externalRecipients != nil
        return isCounted != wasCounted || (isCounted && limits.acceptedDomains != old.limits.acceptedDomains)
    }
}
