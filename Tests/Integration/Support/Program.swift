import Foundation

/// A running process with both its outputs.
final class Program: Sendable {
    struct Ending: Hashable, Sendable {
        /// The exit status, or the number of the signal that ended it.
        var status: Int32
        var bySignal: Bool
    }

    /// How long a process may take to end after it was told to.
    private static let grace = Duration.seconds(30)

    let pid: Int32
    let output: OutputReader
    let errors: OutputReader
    private let exit = Promise<Ending>()

    init(
        _ executable: String, _ arguments: [String], input: Data = Data(), environment: [String: String] = [:],
        directory: TemporaryDirectory? = nil
    ) throws {
        let child = try ChildProcess(
            executable, arguments, environment: environment, directory: directory?.url.path)
        pid = child.pid
        output = OutputReader(child.output)
        errors = OutputReader(child.errors)
        Self.feed(input, to: child.input)
        Thread.detachNewThread { [exit] in exit.fulfil(ChildProcess.wait(for: child.pid)) }
    }

    /// On a thread of its own, because it may be more than is read at once.
    private static func feed(_ data: Data, to descriptor: Int32) {
        Thread.detachNewThread {
            var rest = data[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes {
                    Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { break }
                rest = rest.dropFirst(count)
            }
            close(descriptor)
        }
    }

    var isRunning: Bool { exit.now == nil }

    func send(_ signal: Int32) {
        if isRunning { _ = Foundation.kill(pid, signal) }
    }

    /// How it ended; `nil` where it still runs after `limit`.
    func ending(within limit: Duration) async -> Ending? { await exit.value(within: limit) }

    /// Asks it to end, and forces it where it does not. Also does so for a test that was cancelled.
    @discardableResult
    func stop() async -> Ending? {
        send(SIGTERM)
        if let ending = await ending(within: Self.grace) { return ending }
        return await kill()
    }

    @discardableResult
    func kill() async -> Ending? {
        send(SIGKILL)
        return await Task { [exit] in await exit.value(within: Self.grace) }.value
    }
}
