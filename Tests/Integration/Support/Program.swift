import Foundation

/// A running process with both its outputs.
final class Program: Sendable {
    struct Ending: Hashable, Sendable {
        /// The exit status, or the number of the signal that ended it.
        var status: Int32
        var bySignal: Bool
    }

    /// Pipes are made and handed over one process at a time, so that none inherits another's.
    private static let spawning = NSLock()
    /// How long a process may take to end after it was told to.
    private static let grace = Duration.seconds(30)

    let output: OutputReader
    let errors: OutputReader
    private let process = Process()
    private let exit = Promise<Ending>()

    init(
        _ executable: String, _ arguments: [String], input: Data = Data(), environment: [String: String] = [:],
        directory: TemporaryDirectory? = nil
    ) throws {
        let (input_, output_, errors_) = (Pipe(), Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        if let directory { process.currentDirectoryURL = directory.url }
        (process.standardInput, process.standardOutput, process.standardError) = (input_, output_, errors_)
        process.terminationHandler = { [exit] process in
            exit.fulfil(
                Ending(status: process.terminationStatus, bySignal: process.terminationReason == .uncaughtSignal))
        }
        Self.spawning.lock()
        defer { Self.spawning.unlock() }
        try process.run()
        output = OutputReader(output_.fileHandleForReading)
        errors = OutputReader(errors_.fileHandleForReading)
        Self.feed(input, to: input_.fileHandleForWriting)
    }

    /// On a thread of its own where it may not fit the pipe.
    private static func feed(_ data: Data, to handle: FileHandle) {
        Thread.detachNewThread {
            try? handle.write(contentsOf: data)
            try? handle.close()
        }
    }

    var pid: Int32 { process.processIdentifier }
    var isRunning: Bool { exit.now == nil }

    func send(_ signal: Int32) {
        if isRunning { kill(pid, signal) }
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

    private func kill(_ pid: Int32, _ signal: Int32) { _ = Foundation.kill(pid, signal) }
}
