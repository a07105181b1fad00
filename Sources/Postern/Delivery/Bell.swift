import MailModel
import NIOConcurrencyHelpers
import NIOCore

/// Wakes the delivery loop. Many rings before it looks are one; where mail waits is remembered until it does.
final class Bell: Sendable {
    private let lanes = NIOLockedValueBox<Set<LaneKey>>([])
    private let continuation: AsyncStream<Void>.Continuation
    /// Ends with `silence()`.
    let rings: AsyncStream<Void>

    init() {
        (rings, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// - Parameter lane: where something may have become due.
    func ring(_ lane: LaneKey? = nil) {
        if let lane { lanes.withLockedValue { _ = $0.insert(lane) } }
        continuation.yield()
    }

    func takeLanes() -> Set<LaneKey> {
        lanes.withLockedValue { lanes in
            defer { lanes = [] }
            return lanes
        }
    }

    func silence() { continuation.finish() }
}

/// One timer that rings a bell; setting it anew forgets the time before.
final class Alarm: Sendable {
    private let eventLoop: any EventLoop
    private let scheduled = NIOLockedValueBox<Scheduled<Void>?>(nil)

    init(on eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    func set(in wait: Duration, ringing bell: Bell) {
        let next = eventLoop.scheduleTask(in: .nanoseconds(max(0, wait.milliseconds + 1) * 1_000_000)) { bell.ring() }
        let last = scheduled.withLockedValue { current in
            defer { current = next }
            return current
        }
        last?.cancel()
    }

    func cancel() { scheduled.withLockedValue { $0?.cancel() } }
}
