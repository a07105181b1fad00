import Foundation

/// Holds the thread that comes to it until it is opened.
final class Gate: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)
    private let arrivals = AsyncStream<Void>.makeStream()

    func wait() {
        arrivals.continuation.yield()
        semaphore.wait()
    }

    func open() { semaphore.signal() }

    /// Returns when someone waits.
    func arrival() async {
        for await _ in arrivals.stream { return }
    }
}
