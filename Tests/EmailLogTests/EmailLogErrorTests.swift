import Foundation
import GRDB
import MailModel
import Testing

@testable import EmailLog

@Suite struct EmailLogErrorTests {
    static let id = QueueID(rawValue: "0abc")

    @Test(arguments: [
        (ResultCode.SQLITE_FULL, EmailLogError.diskFull("w")),
        (.SQLITE_IOERR, .inputOutput("w, code 10")),
        (.SQLITE_IOERR_FSYNC, .inputOutput("w, code 1034")),
        (.SQLITE_BUSY, .busy),
        (.SQLITE_LOCKED, .busy),
        (.SQLITE_READONLY, .notWritable(path: "p", reason: "w")),
        (.SQLITE_CANTOPEN, .notWritable(path: "p", reason: "w")),
        (.SQLITE_NOTADB, .notADatabase(path: "p")),
        (.SQLITE_CORRUPT, .damaged("p: w")),
    ])
    func databaseErrors(_ code: ResultCode, _ expected: EmailLogError) {
        #expect(EmailLogError(DatabaseError(resultCode: code, message: "w"), path: "p") == expected)
    }

    @Test(arguments: [
        (ENOSPC, EmailLogError.diskFull("p: No space left on device")),
        (EACCES, .notWritable(path: "p", reason: "Permission denied")),
        (EIO, .inputOutput("p: Input/output error")),
    ])
    func systemErrors(_ code: CInt, _ expected: EmailLogError) {
        #expect(EmailLogError(errno: code, path: "p") == expected)
    }

    @Test func ownErrorsPassThrough() {
        #expect(EmailLogError(EmailLogError.closed, path: "p") == .closed)
        #expect(EmailLogError(CancellationError(), path: "p") == .other("the read was cancelled"))
    }

    @Test(arguments: [
        (EmailLogError.diskFull("x"), true), (.inputOutput("x"), false), (.busy, false), (.closed, false),
    ])
    func onlyAFullDiskIsFull(_ error: EmailLogError, _ isFull: Bool) { #expect(error.isStorageFull == isFull) }

    @Test(arguments: [
        (EmailLogError.missingDirectory("/x"), "the directory /x does not exist: create it and let the service own it"),
        (.inUse(path: "/x", by: 7), "/x is in use by another service, process 7: stop it, or choose another `store`"),
        (.inUse(path: "/x", by: nil), "/x is in use by another service: stop it, or choose another `store`"),
        (.wrongStatus(id, .sent), "message 0abc is sent"),
        (.noSuchMessage(id), "there is no message 0abc"),
        (.bodyMissing(id), "the body of message 0abc is gone"),
        (.other("words"), "words"),
    ])
    func sentences(_ error: EmailLogError, _ text: String) { #expect(error.description == text) }
}
