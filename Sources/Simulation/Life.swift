import DeliveryPolicy
import EmailLog
import Logging
import MailModel
import NIOCore
import Postern

/// One process from its start to its end: the real `DeliveryManager` over what the world lends it.
///
/// After its death nothing it does has an effect, and whatever it waited for returns at once, so that its tasks end.
final class Life: @unchecked Sendable {
    struct Gone: Error {}

    let number: Int
    let startedAt: Instant
    let bell = Bell()
    private(set) var isDead = false
    /// Its tasks have ended.
    private(set) var hasEnded = false
    private(set) var manager: DeliveryManager?
    private let world: World
    private var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
    private var timers: [UInt64: () -> Void] = [:]
    private var serial: UInt64 = 0

    init(_ number: Int, in world: World) {
        self.number = number
        self.world = world
        startedAt = world.now
    }

    func start(_ scenario: Scenario, random: SplitMix64) {
        let world = world
        let clocks = Clocks(
            now: { world.wallNow }, instant: { Instant(world.now - self.startedAt) },
            sleep: { span in
                await self.wait(until: world.now + span)
                if self.isDead { throw Gone() }
            })
        let manager = DeliveryManager(
            log: ProcessStore(world, self), routes: scenario.routes { SimulatedPath($0, world, self) },
            keepsSentBodies: false, bounces: nil, bell: bell, eventLoop: SimulatedLoop(self, world), clocks: clocks,
            logger: world.logger, random: random)
        self.manager = manager
        let trialPaths = world.trialPaths
        Task(executorPreference: world.executor) {
            await manager.conductTrials(by: trialPaths)
            try? await manager.run()
            self.hasEnded = true
        }
    }

    func reload(_ scenario: Scenario) {
        let routes = scenario.routes { SimulatedPath($0, world, self) }
        Task(executorPreference: world.executor) {
            await self.manager?.reload(routes, keepsSentBodies: false, bounces: nil)
        }
    }

    func conduct(_ trialPaths: [String: Path]) {
        Task(executorPreference: world.executor) { await self.manager?.conductTrials(by: trialPaths) }
    }

    func die() {
        isDead = true
        bell.silence()
        let cutOff = waiting.sorted { $0.key < $1.key }
        waiting = [:]
        timers = [:]
        for (_, continuation) in cutOff { continuation.resume() }
    }

    // MARK: Waiting

    /// Returns at that moment of the simulated clock, or at once where the process is dead or dies.
    func wait(until moment: Instant) async {
        guard !isDead else { return }
        await withCheckedContinuation { continuation in
            serial += 1
            let ticket = serial
            waiting[ticket] = continuation
            world.at(moment) { self.waiting.removeValue(forKey: ticket)?.resume() }
        }
    }

    /// - Returns: for `cancelTimer`.
    func setTimer(at moment: Instant, _ action: @escaping () -> Void) -> UInt64 {
        guard !isDead else { return 0 }
        serial += 1
        let ticket = serial
        timers[ticket] = action
        world.at(moment) { self.timers.removeValue(forKey: ticket)?() }
        return ticket
    }

    func cancelTimer(_ ticket: UInt64) { timers[ticket] = nil }
}
