import Foundation

/// What a power cut leaves: the safe names and contents of the image, and by chance some of what was not synced yet.
struct PowerCut {
    /// Smaller pieces no disk writes.
    private static let sector = 512

    private let image: URL
    private let root: URL
    private var random: SeededGenerator?
    /// Files that still have a name, by their inode in the image.
    private var present: [UInt64: URL] = [:]

    init(image: URL, root: URL, unsynced: Disk.Unsynced) throws {
        (self.image, self.root) = (image, root)
        if case .keptAtRandom(let seed) = unsynced { random = SeededGenerator(seed: seed) }
        for case let file as URL in FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil) ?? .init()
        {
            guard let status = Self.status(of: file), status.isFile else { continue }
            if let safe = Self.status(of: content(of: status.inode)) { present[safe.inode] = file }
        }
    }

    mutating func leave(in rest: URL) throws { try leave("root", of: root, in: rest) }

    // MARK: Names

    private mutating func leave(_ id: String, of directory: URL, in rest: URL) throws {
        let names = image.appendingPathComponent("dirs").appendingPathComponent(id)
        try FileManager.default.createDirectory(at: rest, withIntermediateDirectories: false)
        if let status = Self.status(of: directory) { chmod(rest.path, status.mode) }
        for name in Self.names(in: names).union(random == nil ? [] : Self.names(in: directory)).sorted() {
            let (safe, now) = (names.appendingPathComponent(name), directory.appendingPathComponent(name))
            // Either the name that is safe, or the change to it that happened to be written.
            if random == nil || toss() {
                try leave(safe: safe, now, in: rest.appendingPathComponent(name))
            } else {
                try leave(unsafe: now, in: rest.appendingPathComponent(name))
            }
        }
    }

    private mutating func leave(safe entry: URL, _ now: URL, in rest: URL) throws {
        guard let status = Self.status(of: entry) else { return }
        if status.isFile {
            try leave(content: entry, changed: present[status.inode], in: rest)
        } else {
            try leave(FileManager.default.destinationOfSymbolicLink(atPath: entry.path), of: now, in: rest)
        }
    }

    private mutating func leave(unsafe now: URL, in rest: URL) throws {
        guard let status = Self.status(of: now) else { return }
        if status.isFile {
            try leave(content: content(of: status.inode), changed: now, in: rest)
        } else if status.isDirectory {
            try leave("\(status.inode)", of: now, in: rest)
        }
    }

    // MARK: Contents

    private func content(of inode: UInt64) -> URL { image.appendingPathComponent("inodes/\(inode)") }

    /// - Parameter changed: where the file's content stands that may not be safe yet.
    private mutating func leave(content safe: URL, changed: URL?, in rest: URL) throws {
        var bytes = (try? Data(contentsOf: safe)) ?? Data()
        if random != nil, let changed { mix(try Data(contentsOf: changed), into: &bytes) }
        try bytes.write(to: rest)
        chmod(rest.path, Self.status(of: changed ?? safe)?.mode ?? 0o600)
    }

    private mutating func mix(_ new: Data, into bytes: inout Data) {
        if bytes.count != new.count, toss() {
            bytes = bytes.prefix(new.count) + Data(count: max(0, new.count - bytes.count))
        }
        for start in stride(from: 0, to: min(bytes.count, new.count), by: Self.sector) {
            let sector = start..<min(start + Self.sector, bytes.count, new.count)
            if bytes[sector] != new[sector], toss() { bytes.replaceSubrange(sector, with: new[sector]) }
        }
    }

    private mutating func toss() -> Bool { random?.next().isMultiple(of: 2) ?? false }

    // MARK: Files

    private struct Status {
        var inode: UInt64
        var mode: mode_t
        var kind: mode_t
        var isFile: Bool { kind == S_IFREG }
        var isDirectory: Bool { kind == S_IFDIR }
    }

    private static func status(of file: URL) -> Status? {
        var status = stat()
        guard lstat(file.path, &status) == 0 else { return nil }
        return Status(
            inode: UInt64(status.st_ino), mode: status.st_mode & 0o7777, kind: status.st_mode & S_IFMT)
    }

    private static func names(in directory: URL) -> Set<String> {
        Set((try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? [])
    }
}
