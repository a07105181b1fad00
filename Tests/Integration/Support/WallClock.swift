import Foundation
import Testing

/// The wall clock of programs that are started in `environment`, which can be set while they run. `Clock/clock.c` says how.
final class WallClock: Sendable {
    let environment: [String: String]
    private let own: TemporaryDirectory
    private var file: URL { own.url.appendingPathComponent("offset") }

    init() async throws {
        own = try TemporaryDirectory()
        let library = own.path("clock.so")
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Clock/clock.c").path
        try await Command.succeed(
            Executables.find("cc") ?? "/usr/bin/cc",
            ["-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-o", library, source])
        environment = ["LD_PRELOAD": library, "POSTERN_CLOCK": own.path("offset")]
        try Data(count: 8).write(to: file)
    }

    /// From now on the clock shows so many seconds more than the machine's.
    func set(ahead seconds: Int64) throws {
        let handle = try FileHandle(forWritingTo: file)
        defer { try? handle.close() }
        try handle.write(contentsOf: withUnsafeBytes(of: seconds) { Data($0) })
    }
}
