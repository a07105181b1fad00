package import MailModel
import NIOConcurrencyHelpers
import NIOCore

/// Wakes the delivery loop. Many rings before it looks are one; where mail waits is remembered until it does.
package final class Bell: Sendable {
    private let lanes = NIOLockedValueBox<[LaneKey: LaneSections]>([:])
    private let continuation: AsyncStream<Void>.Continuation
    /// Ends with `silence()`.
    let rings: AsyncStream<Void>

    package init() {
        (rings, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// - Parameters:
    ///   - lane: where something may have become due.
    ///   - priority: the only one it may have, where that is known: the others need not be looked for.
    package func ring(_ lane: LaneKey? = nil, _ priority: Priority? = nil) {
        if let lane, !note(lane, priority) { return }
        continuation.yield()
    }

    /// False where the loop has yet to look there anyway, and has been rung for.
    private func note(_ lane: LaneKey, _ priority: Priority?) -> Bool {
        lanes.withLockedValue { lanes in
            let sections = priority.map(LaneSections.init(of:)) ?? .all
            let noted = lanes.updateValue(lanes[lane, default: []].union(sections), forKey: lane)
            return !(noted?.isSuperset(of: sections) ?? false)
        }
    }

    func takeLanes() -> [LaneKey: LaneSections] {
        lanes.withLockedValue { lanes in
            defer { lanes = [:] }
            return lanes
        }
    }

    package func silence() { continuation.finish() }
}

/// One timer that rings a bell; setting it anew forgets the time before.
final class Alarm: Sendable {
    private let eventLoop: any EventLoop
    private let scheduled = NIOLockedValueBox<(timer: Scheduled<Void>, deadline: NIODeadline)?>(nil)

    init(on eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    func set(in wait: Duration, ringing bell: Bell) {
        let now = eventLoop.now
        let deadline = now + .milliseconds(max(0, wait.milliseconds + 1))
        let isSet = scheduled.withLockedValue { current in
            current.map { $0.deadline > now && abs(($0.deadline - deadline).nanoseconds) < 2_000_000 } ?? false
        }
        // Every turn of the loop sets its alarm, most of them to the same moment: that timer can stay.
        guard !isSet else { return }
        let timer = eventLoop.scheduleTask(deadline: deadline) { bell.ring() }
        let last = scheduled.withLockedValue { current in
            defer { current = (timer, deadline) }
            return current
        }
        last?.timer.cancel()
    }

    func cancel() {
        let last = scheduled.withLockedValue { current in
            defer { current = nil }
            return current
        }
        last?.timer.cancel()
    }
}
