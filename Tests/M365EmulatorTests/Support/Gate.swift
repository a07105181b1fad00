import NIOConcurrencyHelpers

/// Holds up whoever waits until it is opened, once and for all.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [AsyncStream<Void>.Continuation] = []
    }

    private let state = NIOLockedValueBox(State())

    /// Returns, too, when the waiting task is cancelled, as a test is whose time is over.
    func wait() async {
        let (opened, continuation) = AsyncStream.makeStream(of: Void.self)
        let isOpen = state.withLockedValue { state in
            if !state.isOpen { state.waiting.append(continuation) }
            return state.isOpen
        }
        if isOpen { continuation.finish() }
        for await _ in opened {}
    }

    func open() {
        let waiting = state.withLockedValue { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.finish() }
    }
}
