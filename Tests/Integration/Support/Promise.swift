/// A value that will be there once, awaited by any number of tasks.
final class Promise<Value: Sendable>: Sendable {
    private struct State {
        var value: Value?
        var waiters: [Int: CheckedContinuation<Value?, Never>] = [:]
        var next = 0
    }

    private let state = Locked(State())

    /// The first call counts.
    func fulfil(_ value: Value) {
        let waiters = state.with { state -> [CheckedContinuation<Value?, Never>] in
            guard state.value == nil else { return [] }
            state.value = value
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume(returning: value) }
    }

    var now: Value? { state.with { $0.value } }

    /// `nil` where the awaiting task is cancelled first.
    func value() async -> Value? {
        let number = state.with { state in
            state.next += 1
            return state.next
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { wait($0, number) }
        } onCancel: {
            state.with { $0.waiters.removeValue(forKey: number) }?.resume(returning: nil)
        }
    }

    /// `nil` after `limit`, too.
    func value(within limit: Duration) async -> Value? {
        await withTaskGroup(of: Value?.self) { group in
            group.addTask { await self.value() }
            group.addTask {
                try? await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }

    private func wait(_ continuation: CheckedContinuation<Value?, Never>, _ number: Int) {
        let (isSettled, value) = state.with { state -> (Bool, Value?) in
            if let value = state.value { return (true, value) }
            if Task.isCancelled { return (true, nil) }
            state.waiters[number] = continuation
            return (false, nil)
        }
        if isSettled { continuation.resume(returning: value) }
    }
}
