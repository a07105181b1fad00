import Foundation
import MailModel
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// Runs an alert's `command`: without a shell, with the text on its standard input and the essentials in its environment.
///
/// Of our own environment it sees only what finds programs and a home, because the rest may hold secrets; of our files,
/// standard error alone. It leads a process group, so that what it has started ends with it.
struct AlertProgram: Sendable {
    struct Failure: Error, Hashable, Sendable {
        var text: String
    }

    /// The program, by its path or found on `$PATH`, and its arguments.
    let command: [String]
    var environment: [String: String]
    /// It is killed after that.
    var timeout = Duration.seconds(30)

    private static let inherited = ["PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ"]
    /// Less than any pipe holds: it can be written before anyone reads.
    private static let longestInput = 4096

    /// - Returns: when it has ended with status 0.
    func run(input: String) async throws(Failure) {
        let child = Child(pid: try start(input))
        let kill = MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: .milliseconds(timeout.milliseconds)) {
            child.kill()
        }
        let ending = await child.ending()
        kill.cancel()
        switch ending {
        case .exited(0): return
        case .exited(let status): throw Failure(text: "\(command[0]) ended with status \(status)")
        case .killed(_, byUs: true): throw Failure(text: "\(command[0]) did not end within \(Quantity.text(timeout))")
        case .killed(let signal, byUs: false): throw Failure(text: "\(command[0]) was ended by signal \(signal)")
        }
    }

    /// One start at a time: while a pipe is made, no other program may be started that would hold it open.
    private static let starting = NIOLock()

    private func start(_ input: String) throws(Failure) -> pid_t {
        Self.starting.lock()
        defer { Self.starting.unlock() }
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw failure("no pipe", errno) }
        defer { close(ends[0]) }
        let bytes = Array(input.utf8.prefix(Self.longestInput))
        _ = write(ends[1], bytes, bytes.count)
        close(ends[1])
        return try spawn(standardInput: ends[0])
    }

    private func spawn(standardInput: Int32) throws(Failure) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, standardInput, 0)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        for descriptor in Self.openFiles { posix_spawn_file_actions_addclose(&actions, descriptor) }
        var attributes = Self.attributes()
        defer { posix_spawnattr_destroy(&attributes) }
        let (argv, envp) = (command.map { strdup($0) } + [nil], variables.map { strdup($0) } + [nil])
        defer { for text in argv + envp { free(text) } }
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, command[0], &actions, &attributes, argv, envp)
        guard code == 0 else { throw failure("\(command[0]) cannot be run", code) }
        return pid
    }

    /// Our threads block signals, and some are ignored: a program starts with neither, at the head of a group of its own.
    private static func attributes() -> posix_spawnattr_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))
        return attributes
    }

    /// All but the standard streams.
    private static var openFiles: [Int32] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        return names.compactMap { Int32($0) }.filter { $0 > 2 }
    }

    private var variables: [String] {
        let own = ProcessInfo.processInfo.environment.filter { Self.inherited.contains($0.key) }
        return own.merging(environment) { $1 }.map { "\($0.key)=\($0.value)" }
    }

    private func failure(_ what: String, _ code: Int32) -> Failure {
        Failure(text: "\(what): \(String(cString: strerror(code)))")
    }
}

/// A started program, until it is taken off the system's table.
private final class Child: Sendable {
    enum Ending: Sendable {
        case exited(Int32)
        case killed(signal: Int32, byUs: Bool)
    }

    private struct State {
        var isOver = false
        var isKilled = false
    }

    private let pid: pid_t
    private let state = NIOLockedValueBox(State())

    init(pid: pid_t) { self.pid = pid }

    /// Not once it is over: its number may be another's by then.
    func kill() {
        state.withLockedValue { state in
            guard !state.isOver else { return }
            state.isKilled = true
            _ = Foundation.kill(-pid, SIGKILL)
        }
    }

    /// A thread of its own waits for it: the threads that others need stay free.
    func ending() async -> Ending {
        await withCheckedContinuation { continuation in
            let thread = Thread { continuation.resume(returning: self.wait()) }
            thread.name = "alert-program"
            thread.stackSize = 256 * 1024
            thread.start()
        }
    }

    private func wait() -> Ending {
        var info = siginfo_t()
        while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        let isKilled = state.withLockedValue { state in
            state.isOver = true
            return state.isKilled
        }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7F
        return signal == 0 ? .exited(status >> 8 & 0xFF) : .killed(signal: signal, byUs: isKilled)
    }
}
