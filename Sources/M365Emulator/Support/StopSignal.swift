import NIOConcurrencyHelpers

/// Ends what would wait forever when the emulator stops.
final class StopSignal: Sendable {
    private struct State {
        var isStopped = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = NIOLockedValueBox(State())

    func wait() async {
        await withCheckedContinuation { continuation in
            let isStopped = state.withLockedValue { state in
                if !state.isStopped { state.waiting.append(continuation) }
                return state.isStopped
            }
            if isStopped { continuation.resume() }
        }
    }

    func stop() {
        let waiting = state.withLockedValue { state in
            state.isStopped = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
