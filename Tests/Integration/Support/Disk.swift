import Foundation
import Testing

/// The disk under one directory, as programs that are started in `environment` meet it: it fails on request, and forgets in a
/// power cut what was not synced. `Disk/disk.h` says how.
final class Disk: Sendable {
    /// What becomes of unsynced writes in a power cut.
    enum Unsynced: Sendable {
        case lost
        /// Each sector and each name by itself, as disks write in any order.
        case keptAtRandom(seed: UInt64)
    }

    let environment: [String: String]
    private let root: URL
    private let own: TemporaryDirectory
    private let image: URL
    private let faults: String

    /// - Parameter losesPower: whether its power may be cut; what is there now is safe.
    init(under directory: TemporaryDirectory, losesPower: Bool = false) async throws {
        own = try TemporaryDirectory()
        root = directory.url.resolvingSymlinksInPath()
        image = own.url.appendingPathComponent("image")
        faults = own.path("faults")
        var environment = [
            "LD_PRELOAD": try await Self.library.value, "POSTERN_DISK_ROOT": root.path, "POSTERN_DISK_FAULTS": faults,
        ]
        if losesPower { environment["POSTERN_DISK_IMAGE"] = image.path }
        self.environment = environment
    }

    // MARK: Faults

    /// From now on these calls fail, in programs that run already, too: `write ENOSPC`, `sync EIO .spool`, …
    func fail(_ lines: String...) throws { try fail(lines) }

    func fail(_ lines: [String]) throws {
        try Data(lines.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: faults), options: .atomic)
    }

    func heal() throws { try fail([]) }

    // MARK: Power

    /// Leaves of the directory what a power cut leaves, once its programs have been killed; then it is as after a start of
    /// the machine.
    func cutPower(_ unsynced: Unsynced) throws {
        let files = FileManager.default
        // A program that was killed before its first line has changed nothing.
        guard files.fileExists(atPath: image.appendingPathComponent("complete").path) else { return }
        let rest = own.url.appendingPathComponent("rest")
        var cut = try PowerCut(image: image, root: root, unsynced: unsynced)
        try cut.leave(in: rest)
        for name in try files.contentsOfDirectory(atPath: root.path) {
            try files.removeItem(at: root.appendingPathComponent(name))
        }
        for name in try files.contentsOfDirectory(atPath: rest.path) {
            try files.moveItem(at: rest.appendingPathComponent(name), to: root.appendingPathComponent(name))
        }
        try files.removeItem(at: rest)
        try files.removeItem(at: image)
    }

    // MARK: The library

    /// `nil`: it can be built here.
    static let obstacle: String? = {
        #if os(Linux)
            Executables.find("cc") == nil ? "no C compiler: scripts/requirements test" : nil
        #else
            "ld.so's LD_PRELOAD is Linux's"
        #endif
    }()

    /// Built once, beside our programs.
    private static let library = Task { () async throws -> String in
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Disk")
        let sources = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".c") }
        let library = URL(fileURLWithPath: Executables.postern).deletingLastPathComponent().appendingPathComponent(
            "libdisk.so"
        ).path
        let fresh = "\(library).\(getpid())"
        try await Command.succeed(
            Executables.find("cc") ?? "/usr/bin/cc",
            ["-shared", "-fPIC", "-O2", "-fvisibility=hidden", "-Wall", "-Wextra", "-Werror", "-o", fresh]
                + sources.map { folder.appendingPathComponent($0).path })
        guard rename(fresh, library) == 0 else { throw Command.Stuck(description: "no \(library): errno \(errno)") }
        return library
    }
}
