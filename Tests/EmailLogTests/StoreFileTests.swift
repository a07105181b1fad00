import Foundation
import GRDB
import MailModel
import Testing

@testable import EmailLog

@Suite struct StoreFileTests {
    @Test func missingDirectory() throws {
        let path = try TemporaryDirectory().path + "/none"
        #expect(throws: EmailLogError.missingDirectory(path)) {
            try EmailLog.open(path: path + "/postern.sqlite", role: .service)
        }
    }

    @Test func notADatabase() throws {
        let directory = try TemporaryDirectory()
        try Data(repeating: 0x41, count: 8192).write(to: URL(fileURLWithPath: directory.store))
        #expect(throws: EmailLogError.notADatabase(path: directory.store)) { try directory.service() }
    }

    @Test func directoryInPlaceOfTheFile() throws {
        let directory = try TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: directory.store, withIntermediateDirectories: true)
        #expect {
            try directory.service()
        } throws: {
            if case .notWritable? = $0 as? EmailLogError { true } else { false }
        }
    }

    @Test func newerSchemaIsRefused() async throws {
        let directory = try TemporaryDirectory()
        try await directory.service().close()
        try directory.outside { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('from the future')") }
        #expect(throws: EmailLogError.newerSchema(path: directory.store)) { try directory.service() }
        #expect(throws: EmailLogError.newerSchema(path: directory.store)) { try directory.tool() }
    }

    @Test func secondServiceIsRefusedWithTheProcess() async throws {
        let directory = try TemporaryDirectory()
        let first = try directory.service()
        let error = #expect(throws: EmailLogError.self) { try directory.service() }
        #expect(error == .inUse(path: directory.store, by: getpid()))
        #expect(error?.description.contains("process \(getpid())") == true)
        try await first.close()
        try await directory.service().close()
    }

    @Test(arguments: [EmailLog.Role.service, .tool])
    func everyCommitIsSynced(_ role: EmailLog.Role) async throws {
        let directory = try TemporaryDirectory()
        let log = try EmailLog.open(path: directory.store, role: role)
        let settings = try await log.write { db in
            [
                try String.fetchOne(db, sql: "PRAGMA journal_mode"),
                try String.fetchOne(db, sql: "PRAGMA synchronous"),
                try String.fetchOne(db, sql: "PRAGMA wal_autocheckpoint"),
            ]
        }
        #expect(settings == ["wal", "2", role == .service ? "4000" : "0"])
    }

    @Test func toolWorksBesideAServiceAndWithoutOne() async throws {
        let directory = try TemporaryDirectory()
        let alone = try directory.tool()
        let first = try await alone.accept(submission("one"))
        try await alone.close()
        let service = try directory.service()
        let tool = try directory.tool()
        _ = try await tool.hold(.ids([first]))
        _ = try await service.accept(submission("two"))
        #expect(try await service.status(first) == .held)
        #expect(try await tool.status(QueueID(rawValue: "two")) == .queued)
        try await tool.close()
        try await service.close()
    }

    @Test func othersCannotReadIt() async throws {
        let directory = try TemporaryDirectory()
        try await directory.service().close()
        let attributes = try FileManager.default.attributesOfItem(atPath: directory.store)
        let permissions = try #require(attributes[.posixPermissions] as? NSNumber)
        #expect(permissions.intValue & 0o007 == 0)
    }

    @Test func writeLockHeldElsewhereIsBusy() {
        let error = EmailLogError(DatabaseError(resultCode: .SQLITE_BUSY), path: "x")
        #expect(error == .busy)
    }
}

/// SQLite itself would go on writing into a file that nobody can find again.
@Suite struct RemovedStoreTests {
    @Test(arguments: [false, true]) func takesNothingMore(_ isReplaced: Bool) async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        _ = try await log.accept(submission("before"))
        try FileManager.default.removeItem(atPath: directory.store)
        if isReplaced { _ = FileManager.default.createFile(atPath: directory.store, contents: nil) }
        await #expect(throws: EmailLogError.removed(directory.store)) { try await log.accept(submission("after")) }
        await #expect(throws: EmailLogError.removed(directory.store)) { try await log.accept(submission("later")) }
    }

    @Test func aFileThatOnlyChangedIsStillItself() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/file"
        #expect(FileIdentity(path: path) == nil)
        try Data("a".utf8).write(to: URL(fileURLWithPath: path))
        let identity = try #require(FileIdentity(path: path))
        try FileHandle(forWritingTo: URL(fileURLWithPath: path)).write(contentsOf: Data("b".utf8))
        #expect(identity.isInPlace)
    }
}
