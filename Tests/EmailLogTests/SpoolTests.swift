import Foundation
import GRDB
import MailModel
import Testing

@testable import EmailLog

@Suite struct SpoolTests {
    private func finished(_ bytes: [UInt8], in log: EmailLog) async throws -> SpoolFile {
        let writer = try await log.makeSpoolWriter()
        for start in stride(from: 0, to: bytes.count, by: 40_000) {
            try await writer.append(Array(bytes[start..<min(start + 40_000, bytes.count)]))
        }
        #expect(writer.size == bytes.count)
        return try await writer.finish()
    }

    @Test func largeBodyIsReadPieceByPiece() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
        let id = try await log.accept(submission(body: .spooled(try await finished(bytes, in: log))))
        let image = try directory.crashImage()
        let found = try image.service()
        let body = try await found.body(of: id)
        #expect(body.size == bytes.count && body.inline == nil)
        #expect(try body.read(at: 0, upTo: 1_000_000) == bytes)
        #expect(try body.read(at: 299_990, upTo: 100) == Array(bytes.suffix(10)))
        #expect(try body.read(at: 300_000, upTo: 100).isEmpty)
        #expect(try await found.row(id)?.size == bytes.count)
    }

    @Test func bodyCanBeReadByMany() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0) }
        let id = try await log.accept(submission(body: .spooled(try await finished(bytes, in: log))))
        let body = try await log.body(of: id)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for start in stride(from: 0, to: bytes.count, by: 10_000) {
                group.addTask { try body.read(at: start, upTo: 10_000) == Array(bytes[start..<start + 10_000]) }
            }
            for try await isEqual in group { #expect(isEqual) }
        }
    }

    @Test func unfinishedFilesGoWithTheirWriter() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        var writer: SpoolWriter? = try await log.makeSpoolWriter()
        try await writer?.append([1, 2, 3])
        #expect(directory.spoolNames.count == 1)
        writer = nil
        #expect(directory.spoolNames.isEmpty)
    }

    @Test func discardedFilesGo() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        try await finished([1], in: log).discard()
        log.spool.finishRemovals()
        #expect(directory.spoolNames.isEmpty)
    }

    @Test func sweepTakesOnlyWhatNobodyNeeds() async throws {
        let directory = try TemporaryDirectory()
        var log: EmailLog? = try directory.service()
        let id = try await log!.accept(submission(body: .spooled(try await finished([1, 2], in: log!))))
        log = nil
        let spool = directory.store + ".spool"
        for orphan in ["orphan", "orphan.part"] {
            try Data([1]).write(to: URL(fileURLWithPath: "\(spool)/\(orphan)"))
        }
        let tool = try directory.tool()
        let writing = try await tool.makeSpoolWriter()
        try await writing.append([9])
        let waiting = try await finished([7, 7], in: tool)
        #expect(directory.spoolNames.count == 5)

        let service = try directory.service()
        #expect(directory.spoolNames.count == 3)
        #expect(try await service.body(of: id).size == 2)
        let late = try await tool.accept(submission(body: .spooled(waiting)))
        let later = try await tool.accept(submission(body: .spooled(try await writing.finish())))
        #expect(try await service.body(of: late).read(at: 0, upTo: 9) == [7, 7])
        #expect(try await service.body(of: later).read(at: 0, upTo: 9) == [9])
    }

    @Test func lostAndDamagedBodiesAreToldApart() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let id = try await log.accept(submission(body: .spooled(try await finished([1, 2, 3], in: log))))
        let file = "\(directory.store).spool/\(directory.spoolNames[0])"
        try Data([1]).write(to: URL(fileURLWithPath: file))
        await #expect(throws: EmailLogError.bodyDamaged(id)) { try await log.body(of: id) }
        try FileManager.default.removeItem(atPath: file)
        await #expect(throws: EmailLogError.bodyMissing(id)) { try await log.body(of: id) }
        let inline = try await log.accept(submission())
        try directory.outside { try $0.execute(sql: "UPDATE email_body SET bytes = x'00' WHERE bytes IS NOT NULL") }
        await #expect(throws: EmailLogError.bodyDamaged(inline)) { try await log.body(of: inline) }
        let nobody = QueueID(rawValue: "nobody")
        await #expect(throws: EmailLogError.noSuchMessage(nobody)) { try await log.body(of: nobody) }
    }

    @Test(arguments: [0, 1, 10_000, EmailLog.largestInlineBody])
    func inlineBodiesComeBackAsTheyWere(_ size: Int) async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let id = try await log.accept(submission(body: .bytes(bytes)))
        let body = try await log.body(of: id)
        #expect(body.inline == bytes && body.size == size)
        #expect(try body.read(at: size / 2, upTo: size) == Array(bytes[(size / 2)...]))
    }
}
