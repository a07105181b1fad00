import GRDB
import MailModel
import Testing

@testable import EmailLog

@Suite struct SettlePartsTests {
    static let all = ["a@x.com", "b@x.com", "c@x.com", "d@x.com"]

    private func part(_ recipients: [String], _ settlement: Settlement, _ outcome: Outcome) -> SettledPart {
        SettledPart(
            recipients: recipients.map(address), settlement: settlement,
            attempt: attempt(outcome, path: .smtp, cost: .init(recipients: 4, bytes: 7)))
    }

    @Test func eachRecipientHasOneFate() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let id = try await log.accept(submission("0001", to: [Self.all]))
        _ = try await log.claim(id, path: .smtp, at: noon)
        let ids = try await log.settle(
            id,
            parts: [
                part(["a@x.com", "d@x.com"], .sent(keepBody: false), accepted),
                part(["b@x.com"], .retry(at: after(60), spent: true), throttled),
                part(["c@x.com"], .failed(because: nil), rejected),
            ], at: after(2))
        #expect(ids.map(\.rawValue) == ["0001", "0001-2", "0001-3"])
        let rows = try await log.parts(of: id)
        #expect(rows.map(\.status) == [.sent, .queued, .failed])
        #expect(rows.map(\.recipients) == [["a@x.com", "d@x.com"], ["b@x.com"], ["c@x.com"]])
        #expect(rows.map(\.recipientCount) == [2, 1, 1])
        #expect(rows.map(\.attempts) == [1, 1, 1])
        #expect(try await log.body(of: ids[1]).size == 7, "the others still need it")
        #expect(try await log.claim(ids[1], path: .smtp, at: after(60))?.isPart == true)
        let references = try directory.outside { try Int.fetchAll($0, sql: "SELECT references_left FROM email_body") }
        #expect(references == [2])
        #expect(try await log.attempts(since: noon).map(\.cost.recipients) == [4], "one transaction, counted once")
    }

    @Test func historyGoesWithEachPart() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let id = try await log.accept(submission("0001", to: [["a@x.com", "b@x.com"], ["c@x.com"]]))
        _ = try await log.claim(id, path: .graph, at: noon)
        try await log.settle(id, .retry(at: noon, spent: true), attempt: attempt(lost), at: noon)
        _ = try await log.claim(id, path: .smtp, at: noon)
        let ids = try await log.settle(
            id,
            parts: [
                part(["b@x.com"], .failed(because: nil), rejected),
                part(["a@x.com"], .retry(at: noon, spent: true), throttled),
            ], at: after(2))
        #expect(ids.map(\.rawValue) == ["0001", "0001-3"], "0001-2 was taken at acceptance")
        #expect(try await log.attempts(of: ids[1]).map(\.outcome) == ["unknown", "throttled"])
        #expect(try await log.claim(ids[1], path: .graph, at: noon)?.unresolved?.path == .graph)
        let ofAPart = try await log.settle(
            ids[1], parts: [part(["a@x.com"], .failed(because: nil), rejected)], at: after(2))
        #expect(ofAPart == [ids[1]])
    }

    @Test func traceAndWishesGoWithEachPart() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        var message = submission("0001", to: [["a@x.com", "b@x.com"]], priority: .bulk)
        (message.received, message.via, message.trial) = (Array("Received: here\r\n".utf8), .smtp, "smtp")
        let id = try await log.accept(message)
        _ = try await log.claim(id, path: .smtp, at: noon)
        let ids = try await log.settle(
            id,
            parts: [
                part(["a@x.com"], .sent(keepBody: false), accepted),
                part(["b@x.com"], .retry(at: noon, spent: true), throttled),
            ], at: after(2))
        let rest = try #require(try await log.claim(ids[1], path: .smtp, at: noon))
        #expect(rest.received == message.received && rest.via == .smtp && rest.trial == "smtp")
        #expect(rest.priority == .bulk && rest.createdDate == noon && rest.retries == 1)
    }

    @Test(arguments: [
        [["a@x.com"]], [["a@x.com", "b@x.com", "c@x.com", "d@x.com"], ["a@x.com"]],
        [["a@x.com", "b@x.com", "c@x.com", "e@x.com"]], [["a@x.com", "b@x.com", "c@x.com", "d@x.com"], []], [],
    ])
    func recipientsMustAddUp(_ split: [[String]]) async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let id = try await log.accept(submission("0001", to: [Self.all]))
        _ = try await log.claim(id, path: .smtp, at: noon)
        let parts = split.map { part($0, .sent(keepBody: true), accepted) }
        await #expect(throws: EmailLogError.partsDoNotMatch(id)) { try await log.settle(id, parts: parts, at: noon) }
        #expect(try await log.row(id)?.recipients == Self.all)
        #expect(try await log.parts(of: id).count == 1)
    }

    @Test func sharedBodyGoesWithTheLastPart() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let writer = try await log.makeSpoolWriter()
        try await writer.append([UInt8](repeating: 1, count: 300_000))
        let id = try await log.accept(
            submission("0001", to: [["a@x.com"], ["b@x.com"]], body: .spooled(try await writer.finish())))
        for part in [id, id.part(2)] {
            log.spool.finishRemovals()
            #expect(directory.spoolNames.count == 1)
            #expect(try await log.body(of: part).size == 300_000)
            _ = try await log.claim(part, path: .graph, at: noon)
            try await log.settle(part, .sent(keepBody: false), attempt: attempt(accepted), at: after(1))
        }
        log.spool.finishRemovals()
        #expect(directory.spoolNames.isEmpty)
    }
}
