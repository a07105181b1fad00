import DequeModule
import NIOConcurrencyHelpers

/// Runs the jobs of tasks one by one when it is told to, on the caller's thread: what would run at the same time runs in an
/// order that the seed decides (SE-0417, task executor preference).
final class StepExecutor: TaskExecutor {
    private let ready = NIOLockedValueBox<Deque<UnownedJob>>([])

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        ready.withLockedValue { $0.append(job) }
    }

    /// Until nothing is left to run.
    ///
    /// - Parameter isShuffled: takes any of those that are ready; else the one that has waited longest.
    /// - Returns: how many jobs ran.
    func drain(isShuffled: Bool, using random: inout SplitMix64) -> Int {
        var count = 0
        while let job = next(isShuffled, &random) {
            job.runSynchronously(on: asUnownedTaskExecutor())
            count += 1
        }
        return count
    }

    private func next(_ isShuffled: Bool, _ random: inout SplitMix64) -> UnownedJob? {
        ready.withLockedValue { ready in
            guard isShuffled, ready.count > 1 else { return ready.popFirst() }
            return ready.remove(at: Int.random(in: 0..<ready.count, using: &random))
        }
    }
}
