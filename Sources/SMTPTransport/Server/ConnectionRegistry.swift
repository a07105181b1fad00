import NIOConcurrencyHelpers
import NIOCore

/// The connections of one listener that are open now.
final class ConnectionRegistry: Sendable {
    enum Admission: Hashable {
        case admitted(UInt64)
        case full
    }

    private struct State {
        var open: [UInt64: any Channel] = [:]
        var lastNumber: UInt64 = 0
        var isDraining = false
        /// Those that are being turned away.
        var farewells = 0
    }

    private let state = NIOLockedValueBox(State())

    /// While draining, connections that were under way are let in and told at once.
    func admit(_ channel: any Channel, limit: Int) -> Admission {
        let (admission, isDraining) = state.withLockedValue { state -> (Admission, Bool) in
            guard state.open.count < limit else { return (.full, false) }
            state.lastNumber += 1
            state.open[state.lastNumber] = channel
            return (.admitted(state.lastNumber), state.isDraining)
        }
        if isDraining { channel.pipeline.fireUserInboundEventTriggered(SessionEvent.drain) }
        return admission
    }

    func remove(_ number: UInt64) {
        state.withLockedValue { _ = $0.open.removeValue(forKey: number) }
    }

    /// - Returns: whether there is room to turn one more connection away with a word; then `endFarewell` follows.
    func beginFarewell(limit: Int) -> Bool {
        state.withLockedValue { state in
            guard state.farewells < limit else { return false }
            state.farewells += 1
            return true
        }
    }

    func endFarewell() { state.withLockedValue { $0.farewells -= 1 } }

    var count: Int { state.withLockedValue { $0.open.count } }

    func drain() {
        state.withLockedValue { $0.isDraining = true }
        signal(.drain)
    }

    /// Tells every session.
    func signal(_ event: SessionEvent) {
        for channel in channels { channel.pipeline.fireUserInboundEventTriggered(event) }
    }

    func closeAll() {
        for channel in channels { channel.close(promise: nil) }
    }

    private var channels: [any Channel] { state.withLockedValue { Array($0.open.values) } }
}
