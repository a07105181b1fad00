import Foundation
import GRDB
import MailModel
import Testing

@testable import EmailLog

@Suite struct AcceptTests {
    @Test func everyColumnIsWritten() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        var message = submission("0001", to: [["ann@fabrikam.com", "\"a\\\"b\"@fabrikam.com"]], priority: .bulk)
        message.trial = "graph"
        message.received = Array("Received: x\r\n".utf8)
        _ = try await log.accept(message)
        let row = try directory.outside { try Row.fetchOne($0, sql: "SELECT * FROM email_log")! }
        let expected: [(String, DatabaseValue)] = [
            ("id", "0001".databaseValue), ("status", "Q".databaseValue),
            ("created_date", "2026-11-21 12:00:00.000".databaseValue),
            ("sent_date", "2026-11-21 12:00:00.000".databaseValue),
            ("next_attempt_date", "2026-11-21 12:00:00.000".databaseValue), ("route", "contoso".databaseValue),
            ("path", .null), ("mailbox", "reports@contoso.com".databaseValue),
            ("sender", "reports@contoso.com".databaseValue),
            ("recipients", #"["ann@fabrikam.com","\"a\\\"b\"@fabrikam.com"]"#.databaseValue),
            ("recipient_count", 2.databaseValue), ("header_from", "Reports <reports@contoso.com>".databaseValue),
            ("subject", "Weekly figures".databaseValue), ("message_id", "<1@contoso.com>".databaseValue),
            ("size", 7.databaseValue), ("client", "192.0.2.7".databaseValue), ("user", "reports".databaseValue),
            ("attempts", 0.databaseValue), ("fell_back", 0.databaseValue), ("http_status", .null),
            ("error_code", .null), ("error_text", .null), ("request_id", .null), ("latency_ms", .null),
            ("priority", "bulk".databaseValue), ("trial", "graph".databaseValue), ("resend_of", .null),
            ("body_id", 1.databaseValue), ("received", Data("Received: x\r\n".utf8).databaseValue),
            ("is_part", 0.databaseValue), ("via", .null), ("claimant", .null), ("claimed_date", .null),
            ("claimed_path", .null),
        ]
        for (column, value) in expected { #expect(row[column] as DatabaseValue == value, "\(column)") }
    }

    @Test func aDetourIsWrittenWithItsReason() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        var message = submission("0001")
        message.via = .smtp
        message.fallsBackBecause = "It is too large."
        _ = try await log.accept(message)
        let row = try #require(try await log.row(QueueID(rawValue: "0001")))
        #expect(row.via == .smtp && row.fellBack && row.errorText == "It is too large." && row.path == nil)
    }

    @Test(arguments: [0, 1, 10_240, 100_000]) func bodyIsStoredAsItIs(_ size: Int) async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 * 7) }
        let id = try await log.accept(submission(body: .bytes(bytes)))
        #expect(try await log.body(of: id).inline == bytes)
    }

    @Test func textsKeepTheirCharacters() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let subjects = ["", "Grüße", "日本語 🎉", String(repeating: "ä", count: 5000)]
        for (number, subject) in subjects.enumerated() {
            _ = try await log.accept(submission("000\(number)", subject: subject))
        }
        let stored = try directory.outside { try String.fetchAll($0, sql: "SELECT subject FROM email_log ORDER BY id") }
        #expect(stored == subjects)
    }

    @Test func nullSenderIsEmpty() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        var message = submission("0001")
        message.envelopes = [Envelope(sender: nil, recipients: [address("ann@fabrikam.com")])]
        let id = try await log.accept(message)
        #expect(try await log.row(id)?.sender == "")
        let claimed = try #require(try await log.claim(id, path: .graph, at: noon))
        #expect(claimed.envelope.sender == nil)
    }

    @Test func idIsMadeWhereNoneIsGiven() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let first = try await log.accept(submission())
        let second = try await log.accept(submission())
        #expect(first < second && first.rawValue.count == 14)
    }

    @Test func splitMessageIsSeveralRowsWithOneBody() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let id = try await log.accept(submission("0001", to: [["a@x.com", "b@x.com"], ["c@x.com"], ["d@x.com"]]))
        let parts = try await log.parts(of: id)
        #expect(parts.map(\.id.rawValue) == ["0001", "0001-2", "0001-3"])
        #expect(parts.flatMap(\.recipients) == ["a@x.com", "b@x.com", "c@x.com", "d@x.com"])
        let references = try directory.outside { try Int.fetchAll($0, sql: "SELECT references_left FROM email_body") }
        #expect(references == [3])
    }

    @Test(arguments: [
        (Submission.Start.queued, Status.queued), (.held, .held), (.inProgress(.smtp), .inProgress),
    ])
    func start(_ start: Submission.Start, _ status: Status) async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let id = try await log.accept(submission(start: start))
        #expect(try await log.status(id) == status)
        let claimed = try await log.claim(id, path: .graph, at: noon)
        #expect((claimed != nil) == (status == .queued))
    }

    @Test func noRecipientsAreRefused() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        await #expect(throws: EmailLogError.self) { try await log.accept(submission("0001", to: [[]])) }
        #expect(try await log.row(QueueID(rawValue: "0001")) == nil)
    }

    @Test func spooledBodyOfARefusedMessageGoes() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        _ = try await log.accept(submission("0001"))
        let writer = try await log.makeSpoolWriter()
        try await writer.append([1, 2, 3])
        let file = try await writer.finish()
        await #expect(throws: EmailLogError.duplicateID(QueueID(rawValue: "0001"))) {
            try await log.accept(submission("0001", body: .spooled(file)))
        }
        log.spool.finishRemovals()
        #expect(directory.spoolNames.isEmpty)
    }
}
