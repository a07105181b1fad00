import Foundation

/// A child with a socket for each of its standard streams, by posix_spawn: Foundation's Process lists the open descriptors at
/// each start and has crashed over long lists, and a suite of many processes cannot have that.
struct ChildProcess: Sendable {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    let pid: pid_t
    /// Our ends; whoever takes them closes them.
    let input: Int32
    let output: Int32
    let errors: Int32

    /// - Parameter environment: in addition to our own.
    init(_ executable: String, _ arguments: [String], environment: [String: String], directory: String?) throws {
        let pairs = try (0..<3).map { _ in try Self.pair() }
        let (ours, theirs) = (pairs.map(\.ours), pairs.map(\.theirs))
        defer { for descriptor in theirs { close(descriptor) } }
        let all = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let place = directory.map { ["/usr/bin/env", "-C", $0] } ?? []
        do {
            pid = try Self.spawn(place + [executable] + arguments, all.map { "\($0)=\($1)" }, theirs)
        } catch {
            for descriptor in ours { close(descriptor) }
            throw error
        }
        (input, output, errors) = (ours[0], ours[1], ours[2])
    }

    /// Blocks until the child has ended, and takes it off the system's table.
    static func wait(for pid: pid_t) -> Program.Ending {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7F
        return Program.Ending(status: signal == 0 ? status >> 8 & 0xFF : signal, bySignal: signal != 0)
    }

    /// Closed in every other child from the start, which pipes cannot be.
    private static func pair() throws -> (ours: Int32, theirs: Int32) {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw Failure(description: "no pair of sockets: errno \(errno)")
        }
        return (ends[0], ends[1])
    }

    private static func spawn(_ arguments: [String], _ environment: [String], _ standard: [Int32]) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (number, descriptor) in standard.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(number))
        }
        var attributes = cleanSignals()
        defer { posix_spawnattr_destroy(&attributes) }
        var (argv, envp) = (arguments.map { strdup($0) } + [nil], environment.map { strdup($0) } + [nil])
        defer { for text in argv + envp { free(text) } }
        var pid: pid_t = 0
        let result = posix_spawn(&pid, arguments[0], &actions, &attributes, &argv, &envp)
        guard result == 0 else { throw Failure(description: "\(arguments[0]) does not start: errno \(result)") }
        return pid
    }

    /// Our threads block signals, and others may ignore some: a program starts with neither.
    private static func cleanSignals() -> posix_spawnattr_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        return attributes
    }
}
