import MailModel
import Testing

@testable import EmailLog

@Suite struct TrialRecordTests {
    private static let whole = TrialRecord(
        route: "contoso", state: "rolled_back", share: 125_000, since: after(60), startedDate: noon,
        healthy: .milliseconds(4321), lookedDate: after(50), reason: "failed > 2% of 50", section: "split; 5%")

    static func bare(_ route: String = "contoso") -> TrialRecord {
        TrialRecord(route: route, state: "running", since: noon, startedDate: noon, lookedDate: noon, section: "")
    }

    @Test(arguments: [whole, bare()]) func readsBackAsItWasKept(_ record: TrialRecord) async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        #expect(try await log.trials().isEmpty)
        #expect(try await log.keep(record))
        var kept = record
        kept.revision = 1
        #expect(try await log.trials() == [kept])
    }

    @Test func whoComesSecondKeepsNothing() async throws {
        let directory = try TemporaryDirectory()
        let (service, tool) = (try directory.service(), try directory.tool())
        #expect(try await service.keep(Self.bare()))
        #expect(try await !tool.keep(Self.whole), "as new")
        var (first, second) = (try await service.trials()[0], try await tool.trials()[0])
        first.state = "stopped"
        second.share = 7
        #expect(try await tool.keep(first))
        #expect(try await !service.keep(second))
        let kept = try await service.trials()
        #expect(kept.map(\.state) == ["stopped"] && kept[0].share == nil && kept[0].revision == 2)
    }

    @Test func eachRouteHasItsOwn() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        for route in ["b", "a"] { #expect(try await log.keep(Self.bare(route))) }
        #expect(try await log.trials().map(\.route) == ["a", "b"])
    }

    @Test func whatIsNeverWrittenIsRefused() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        var record = Self.bare()
        record.state = "paused"
        await #expect(throws: EmailLogError.self) { try await log.keep(record) }
        (record.state, record.share) = ("running", 1_000_001)
        await #expect(throws: EmailLogError.self) { try await log.keep(record) }
    }
}
