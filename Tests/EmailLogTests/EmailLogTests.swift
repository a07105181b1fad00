import GRDB
import MailModel
import Testing

@testable import EmailLog

@Suite struct EmailLogTests {
    @Test func acceptedMailSurvivesACrash() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        var ids: [QueueID] = []
        for number in 0..<20 { ids.append(try await log.accept(submission(at: after(number)))) }
        let image = try directory.crashImage()
        let found = try image.service()
        #expect(try await found.rows(LogFilter()).map(\.id) == ids.reversed())
        for id in ids { #expect(try await found.body(of: id).inline == Array("Hello\r\n".utf8)) }
    }

    @Test func closeLeavesOneFile() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        _ = try await log.accept(submission())
        try await log.close()
        let image = try directory.crashImage()
        #expect(try await image.service().rows(LogFilter()).count == 1)
    }

    @Test func dataVersionTellsOfOthersOnly() async throws {
        let directory = try TemporaryDirectory()
        let (log, tool) = (try directory.service(), try directory.tool())
        let id = try await log.accept(submission())
        let before = try await log.dataVersion()
        _ = try await log.accept(submission())
        #expect(try await log.dataVersion() == before)
        _ = try await tool.hold(.ids([id]))
        #expect(try await log.dataVersion() != before)
    }

    @Test func writabilityIsTried() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        try await log.checkWritable()
        let before = log.commits
        try await log.checkWritable()
        #expect(log.commits == before + 1)
        try await log.write { try $0.execute(sql: "PRAGMA query_only = 1") }
        await #expect {
            try await log.checkWritable()
        } throws: {
            if case .notWritable? = $0 as? EmailLogError { true } else { false }
        }
        // Not through a transaction: that could not begin.
        #expect(try await log.rows(LogFilter()).isEmpty)
    }

    @Test func idsAscend() throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let ids = (0..<1000).map { _ in log.makeID(at: noon) }
        #expect(ids == ids.sorted() && Set(ids).count == 1000)
    }
}
