import Foundation
import GRDB
import Logging
import MIME
import MailModel
import NIOConcurrencyHelpers
import SMTPProtocol
import SMTPTransport
import Testing

@testable import EmailLog
@testable import Postern

/// From the first byte to 250: what is stored where, and what is left of what is refused.
@Suite struct IncomingMessageTests {
    private static let border = EmailLog.largestInlineBody

    /// A message of exactly `size` bytes.
    private func message(of size: Int, from sender: String = "ann@contoso.com") -> [UInt8] {
        let head = mail("From: \(sender)", "Subject: numbers", "")
        return head + (0..<(size - head.count)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    }

    // MARK: Where it goes

    @Test(arguments: [(200, false), (border - 1, false), (border, false), (border + 1, true), (1_000_000, true)])
    func largeMessagesGoToAFileOfTheirOwn(_ size: Int, _ isSpooled: Bool) async throws {
        let desk = try Desk()
        let message = message(of: size)
        let reply = try await desk.submit(message, step: 10_000)
        let id = try #require(reply?.queueID)
        #expect(desk.directory.spoolNames.count == (isSpooled ? 1 : 0))
        let body = try await desk.log.body(of: id)
        #expect((body.inline == nil) == isSpooled)
        #expect(try body.read(at: 0, upTo: size + 1) == message)
        #expect(try await desk.log.row(id)?.size == size)
    }

    /// The border is of the message, wherever the pieces of it end.
    @Test(arguments: [1, 7, 4096, border, border + 1, 2 * border])
    func thePiecesMakeNoDifference(_ step: Int) async throws {
        let desk = try Desk()
        let message = message(of: step == 1 ? 3000 : Self.border + 5)
        let id = try #require(try await desk.submit(message, step: step)?.queueID)
        #expect(try await desk.log.body(of: id).read(at: 0, upTo: message.count) == message)
    }

    @Test func anEmptyMessageIsAMessage() async throws {
        let desk = try Desk()
        let id = try #require(try await desk.submit([])?.queueID)
        #expect(try await desk.log.row(id)?.size == 0)
    }

    // MARK: What is recorded

    @Test func theReplyNamesTheQueueID() async throws {
        let desk = try Desk()
        let reply = try #require(try await desk.submit(message(of: 200)))
        let row = try #require(try await desk.onlyRow())
        #expect(reply == Reply(250, .init(2, 0, 0), "Ok: queued as \(row.id)"))
        #expect(desk.woken.withLockedValue { $0 } == [LaneKey(route: "contoso", mailbox: Desk.sender)])
    }

    @Test func theRowSaysWhatIsKnown() async throws {
        let desk = try Desk()
        let bytes = mail(
            "From: =?iso-8859-1?Q?J=FCrgen?= <reports@contoso.com>", "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=",
            " from here", "", "Hello")
        let sender = address("reports@contoso.com")
        let envelope = Envelope(sender: sender, recipients: [address("Bob@Example.org"), address("eve@example.org")])
        _ = try await desk.submit(bytes, envelope, user: "reports")
        let row = try #require(try await desk.onlyRow())
        #expect(row.status == .queued && row.createdDate == noon && row.nextAttemptDate == noon)
        #expect(row.route == "contoso" && row.mailbox == "reports@contoso.com" && row.sender == "reports@contoso.com")
        #expect(row.recipients == ["Bob@example.org", "eve@example.org"] && row.recipientCount == 2)
        #expect(row.headerFrom == "Jürgen <reports@contoso.com>" && row.subject == "Grüße from here")
        #expect(row.messageID == "<\(row.id)@relay.test>" && row.size == bytes.count)
        #expect(row.client == "192.0.2.7" && row.user == "reports" && row.priority == .bulk)
        #expect(row.attempts == 0 && row.path == nil && row.hasBody)
    }

    @Test func theNullSenderIsKeptAsOne() async throws {
        let desk = try Desk()
        _ = try await desk.submit(message(of: 300), Envelope(sender: nil, recipients: [Desk.recipient]))
        #expect(try await desk.onlyRow()?.sender == "")
    }

    @Test func theTraceIsOfTheSession() async throws {
        let desk = try Desk()
        let id = try #require(try await desk.submit(message(of: 200))?.queueID)
        let claimed = try #require(try await desk.log.claim(id, path: .graph, at: noon))
        let received = text(claimed.received).replacing("\r\n", with: "").replacing("\t", with: " ")
        #expect(received.contains("from app.test ([192.0.2.7])"), "\(received)")
        #expect(received.contains("by relay.test with SMTP id \(id);"), "\(received)")
    }

    @Test func aSplitMessageSharesItsBody() async throws {
        let desk = try Desk()
        let people = addresses(7)
        let message = message(of: Self.border + 10)
        let id = try #require(
            try await desk.submit(message, Envelope(sender: Desk.sender, recipients: people))?.queueID)
        let parts = try await desk.log.parts(of: id)
        #expect(parts.map(\.id.rawValue) == ["\(id)", "\(id)-2", "\(id)-3"])
        #expect(parts.flatMap(\.recipients) == people.map(\.description))
        #expect(parts.map(\.recipientCount) == [3, 3, 1])
        #expect(desk.directory.spoolNames.count == 1)
        #expect(desk.woken.withLockedValue { $0.count } == 1)
        for part in parts {
            #expect(try await desk.log.body(of: part.id).read(at: 0, upTo: message.count) == message)
        }
    }

    @Test func addressesAreRedactedInTheLog() async throws {
        let desk = try Desk()
        let id = try #require(try await desk.submit(message(of: 200))?.queueID)
        let line = try #require(desk.recorder.lines.first { $0.sentence == "message accepted" })
        #expect(line.metadata["id"] == "\(id)" && line.metadata["size"] == "200" && line.metadata["recipients"] == "1")
        #expect(line.metadata["sender"] == "a…@contoso.com" && line.metadata["mailbox"] == "a…@contoso.com")
        #expect(!"\(line)".contains("ann@") && !"\(line)".contains("bob@"))
    }

    // MARK: What is left of what is not accepted

    @Test(arguments: [200, border + 1])
    func whatIsAbandonedLeavesNothing(_ size: Int) async throws {
        let desk = try Desk()
        var sink = try #require(
            await desk.begin(Envelope(sender: Desk.sender, recipients: [Desk.recipient])))
        try await sink.write(message(of: size))
        #expect(desk.directory.spoolNames.count == (size > Self.border ? 1 : 0))
        await sink.abandon()
        #expect(desk.directory.spoolNames.isEmpty)
        #expect(try await desk.log.rows(LogFilter()).isEmpty)
        #expect(desk.woken.withLockedValue { $0.isEmpty })
    }

    @Test func aRefusalAfterTheFileBeganLeavesNoFile() async throws {
        let desk = try Desk()
        let reply = try await desk.submit(message(of: Self.border + 1, from: "x@stranger.org"))
        #expect(reply?.code == 550 && reply?.status == .init(5, 7, 1))
        #expect(desk.directory.spoolNames.isEmpty)
        #expect(try await desk.log.rows(LogFilter()).isEmpty)
    }

    // MARK: A store in trouble

    private static let noRoom = Reply(452, .init(4, 3, 1), "Insufficient system storage, try again later")
    private static let trouble = Reply(451, .init(4, 3, 0), "The message could not be stored, try again later")

    @Test("Pitfall 2: what cannot be committed is not accepted") func aFullStoreSaysSoAndRecovers() async throws {
        let desk = try Desk()
        try await desk.log.write { db in
            let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            try db.execute(sql: "PRAGMA max_page_count = \(pages + 2)")
        }
        #expect(try await desk.submit(message(of: 100_000)) == Self.noRoom)
        #expect(try await desk.log.rows(LogFilter()).isEmpty)
        #expect(desk.recorder.sentences == ["message not stored"])
        try await desk.log.write { try $0.execute(sql: "PRAGMA max_page_count = 1000000") }
        #expect(try await desk.submit(message(of: 100_000))?.code == 250)
    }

    @Test(arguments: [200, border + 1])
    func aClosedStoreAsksToTryAgain(_ size: Int) async throws {
        let desk = try Desk()
        try await desk.log.close()
        #expect(try await desk.submit(message(of: size)) == Self.trouble)
        desk.log.spool.finishRemovals()
        #expect(desk.directory.spoolNames.isEmpty)
        #expect(desk.woken.withLockedValue { $0.isEmpty })
    }

    @Test func aFileThatCannotBeMadeAsksToTryAgain() async throws {
        let desk = try Desk()
        try FileManager.default.removeItem(atPath: desk.directory.spool)
        #expect(try await desk.submit(message(of: Self.border + 1)) == Self.trouble)
        // Small mail needs no file.
        #expect(try await desk.submit(message(of: 200))?.code == 250)
    }

    @Test("Pitfall 8: every fault of ours is worth another try") func onlyAFullDiskIsCalledSo() throws {
        let desk = try Desk()
        let id = QueueID(rawValue: "q")
        let others: [EmailLogError] = [.closed, .busy, .inputOutput("x"), .other("x"), .duplicateID(id)]
        #expect(others.allSatisfy { desk.reception.reply(to: $0, id: id) == Self.trouble })
        #expect(desk.reception.reply(to: .diskFull("x"), id: id) == Self.noRoom)
    }
}
