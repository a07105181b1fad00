import Foundation

/// What a process holds, as the kernel counts it.
struct Vitals: Sendable {
    /// Resident memory, in bytes.
    var memory: Int
    /// Without those of the store, whose readers are opened when they are first needed, and kept; they are few.
    var descriptors: Int
    var threads: Int

    init(of pid: Int32) throws {
        // The second word: resident pages.
        let words = try Self.read("/proc/\(pid)/statm").split(separator: " ")
        memory = (words.count > 1 ? Int(words[1]) ?? 0 : 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
        let directory = "/proc/\(pid)/fd"
        descriptors = try FileManager.default.contentsOfDirectory(atPath: directory).count { name in
            // One that has been closed meanwhile leads nowhere.
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(directory)/\(name)")
            return target?.contains(".sqlite") == false
        }
        threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task").count
    }

    /// Such files say of themselves that they are empty.
    private static func read(_ path: String) throws -> String {
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        defer { try? file.close() }
        return String(decoding: try file.read(upToCount: 4096) ?? Data(), as: UTF8.self)
    }
}
