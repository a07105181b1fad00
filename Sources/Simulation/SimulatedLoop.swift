import Dispatch
import MailModel
import NIOCore

/// An event loop whose timers go by the simulated clock. It does nothing else.
final class SimulatedLoop: EventLoop, @unchecked Sendable {
    private let life: Life
    private let world: World

    init(_ life: Life, _ world: World) {
        self.life = life
        self.world = world
    }

    /// There is one thread.
    var inEventLoop: Bool { true }

    var now: NIODeadline { Self.deadline(world.now) }

    func execute(_ task: @escaping @Sendable () -> Void) { _ = life.setTimer(at: world.now, task) }

    @discardableResult
    func scheduleTask<Value>(deadline: NIODeadline, _ task: @escaping @Sendable () throws -> Value) -> Scheduled<Value>
    {
        let promise = makePromise(of: Value.self)
        let moment = Instant(.nanoseconds(Int64(deadline.uptimeNanoseconds)))
        let ticket = life.setTimer(at: moment) {
            do {
                promise.assumeIsolated().succeed(try task())
            } catch {
                promise.fail(error)
            }
        }
        return Scheduled(promise: promise) { [life] in life.cancelTimer(ticket) }
    }

    @discardableResult
    func scheduleTask<Value>(in delay: TimeAmount, _ task: @escaping @Sendable () throws -> Value) -> Scheduled<Value> {
        scheduleTask(deadline: now + delay, task)
    }

    func shutdownGracefully(queue: DispatchQueue, _ callback: @escaping @Sendable ((any Error)?) -> Void) {
        queue.async { callback(nil) }
    }

    private static func deadline(_ moment: Instant) -> NIODeadline {
        let (seconds, attoseconds) = moment.sinceStart.components
        return .uptimeNanoseconds(UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds) / 1_000_000_000)
    }
}
