import Foundation
import Testing

@testable import EmailLog

@Suite struct OpenFileTests {
    private func file(_ bytes: [UInt8], in directory: TemporaryDirectory) throws -> OpenFile {
        let file = try OpenFile(path: directory.path + "/body", flags: O_RDWR | O_CREAT | O_EXCL)
        try file.write(bytes)
        return file
    }

    @Test(arguments: [(0, 3, 0..<3), (2, 3, 2..<5), (8, 10, 8..<10), (10, 5, 10..<10), (50, 5, 10..<10), (0, 0, 0..<0)])
    func reads(_ offset: Int, _ count: Int, _ expected: Range<Int>) throws {
        let directory = try TemporaryDirectory()
        let bytes = Array(UInt8(0)..<10)
        let file = try file(bytes, in: directory)
        #expect(try file.read(at: offset, upTo: count) == Array(bytes[expected]))
        #expect(try file.size() == 10)
    }

    @Test func writesFollowEachOther() throws {
        let directory = try TemporaryDirectory()
        let file = try file([1, 2], in: directory)
        try file.write([])
        try file.write([3])
        try file.sync()
        #expect(try file.read(at: 0, upTo: 9) == [1, 2, 3])
    }

    @Test func lockIsForOne() throws {
        let directory = try TemporaryDirectory()
        let first = try file([], in: directory)
        var second: OpenFile? = try OpenFile(path: first.path, flags: O_RDONLY)
        #expect(second?.lock(waiting: false) == true)
        #expect(!first.lock(waiting: false))
        second = nil
        #expect(first.lock(waiting: false), "a lock goes with its file")
    }

    @Test func deletedFileHasNoName() throws {
        let directory = try TemporaryDirectory()
        let file = try file([1], in: directory)
        #expect(file.hasName)
        try FileManager.default.removeItem(atPath: file.path)
        #expect(!file.hasName)
        #expect(try file.read(at: 0, upTo: 1) == [1], "who has it open can still read it")
    }

    @Test func failuresSayWhy() throws {
        let directory = try TemporaryDirectory()
        #expect(throws: EmailLogError.self) { try OpenFile(path: directory.path + "/none", flags: O_RDONLY) }
        let readOnly = try OpenFile(path: try file([1], in: directory).path, flags: O_RDONLY)
        #expect(throws: EmailLogError.self) { try readOnly.write([1]) }
    }

    @Test func fullDeviceIsAFullDisk() throws {
        guard let full = try? OpenFile(path: "/dev/full", flags: O_WRONLY) else { return }
        let error = #expect(throws: EmailLogError.self) { try full.write([1]) }
        #expect(error?.isStorageFull == true)
    }
}
