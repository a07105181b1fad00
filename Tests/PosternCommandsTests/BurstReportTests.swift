import DeliveryPolicy
import MailModel
import Postern
import Testing

@testable import PosternCommands

@Suite struct BurstReportTests {
    private static let start = Timestamp("2026-11-21 09:00:00")!

    /// `count` attempts that were turned away together.
    private func burst(
        _ count: Int = 24, path: MailModel.Path = .smtp, mailboxes: Int = 1, took: Duration = .milliseconds(420),
        _ change: (inout TroubledAttempt) -> Void = { _ in }
    ) throws -> FailureBurst {
        var detector = BurstDetector()
        for number in 0..<count {
            let lane = LaneKey(
                route: "contoso", mailbox: try Address(parsing: "reports\(number % mailboxes)@contoso.com"))
            var attempt = TroubledAttempt(
                id: QueueID(rawValue: "m\(number)"), lane: lane, path: path, startedDate: Self.start,
                finishedDate: Self.start + took, trouble: .throttled, status: 432, code: "4.3.2",
                text: "Concurrent connections limit exceeded.", messageStatus: number == 0 ? .queued : .sent)
            change(&attempt)
            _ = detector.observe(attempt)
        }
        return try #require(detector.current.first)
    }

    private func text(_ bursts: [FailureBurst], window: Duration = .seconds(5)) -> [String] {
        BurstReport(bursts: bursts, window: window).lines()
    }

    @Test func nothingIsASentence() {
        #expect(
            text([], window: .milliseconds(500)) == [
                "No bursts: nowhere have 3 attempts failed in the same way, each within 500ms of the one before."
            ])
    }

    @Test func aLineForEachAndWhatItMeans() throws {
        let lines = text([try burst()])
        #expect(lines.count == 6)
        #expect(
            lines[0].split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
                == "START DURATION ROUTE PATH MAILBOX ATTEMPTS AT ONCE MESSAGES SINCE THEN KIND ERROR")
        #expect(
            lines[1].split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
                == "2026-11-21 09:00:00.000 420ms contoso smtp reports0@contoso.com 24 24 24 1 queued, 23 sent "
                + "concurrent-connection throttle 432 4.3.2 Concurrent connections limit exceeded.")
        #expect(lines[2] == "" && lines[3] == "concurrent-connection throttle, by smtp")
        #expect(lines[4] == "  " + BurstKind.concurrency.meaning)
        #expect(lines[5] == "  " + BurstKind.concurrency.advice(on: .smtp))
    }

    @Test func eachKindIsExplainedOnce() throws {
        let byGraph = try burst(3, path: .graph) { ($0.status, $0.code, $0.text) = (429, "TooManyRequests", nil) }
        let bursts = [try burst(), try burst(4), byGraph]
        let headings = text(bursts).filter { $0.contains(", by ") }
        #expect(headings == ["concurrent-connection throttle, by smtp", "rate throttle, by graph"])
    }

    @Test func lostAnswersAmongOthersAreExplainedToo() throws {
        let outage = try burst(4, path: .graph, mailboxes: 2) { attempt in
            (attempt.trouble, attempt.status, attempt.code) = (.unknown, 504, nil)
        }
        #expect(outage.kind == .outage)
        let headings = text([outage]).filter { $0.contains(", by ") }
        #expect(headings == ["outage, by graph", "lost answers, by graph"])
    }

    @Test(arguments: [
        (Duration.milliseconds(0), "0s"), (.milliseconds(9999), "9999ms"), (.milliseconds(12_345), "12s"),
        (.seconds(3600), "1h"),
    ])
    func durations(_ took: Duration, _ expected: String) throws {
        let cells = text([try burst(took: took)])[1].split(separator: " ")
        #expect(cells[2] == expected)
    }

    @Test func severalMailboxesAreCounted() throws {
        #expect(text([try burst(mailboxes: 4)])[1].contains("reports0@contoso.com +3"))
    }

    @Test func asJSON() throws {
        guard case .object(let members) = try burst().json else { throw Unexpected() }
        let values = Dictionary(uniqueKeysWithValues: members.map { ($0.key, $0.value) })
        #expect(
            members.map(\.key) == [
                "start", "end", "duration_ms", "route", "path", "kind", "mailboxes", "attempts", "at_once", "unknown",
                "messages", "status", "errors", "meaning", "advice",
            ])
        #expect(values["start"] == .string("2026-11-21 09:00:00.000"))
        #expect(values["duration_ms"] == .integer(420) && values["kind"] == .string("concurrent_connections"))
        #expect(values["mailboxes"] == .array([.string("reports0@contoso.com")]))
        #expect(values["attempts"] == .integer(24) && values["at_once"] == .integer(24))
        #expect(values["status"]?.written().contains("\"S\": 23") == true)
        #expect(
            values["errors"]
                == .array([
                    .object([
                        .init("http_status", .integer(432)), .init("error_code", .string("4.3.2")),
                        .init("error_text", .string("Concurrent connections limit exceeded.")),
                        .init("count", .integer(24)),
                    ])
                ]))
    }

    private struct Unexpected: Error {}
}
