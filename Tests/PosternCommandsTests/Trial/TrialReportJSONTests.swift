import DeliveryPolicy
import EmailLog
import Foundation
import MailModel
import Postern
import Testing

@testable import PosternCommands

/// The keys are a public interface.
@Suite struct TrialReportJSONTests {
    private static func document(_ report: TrialReport) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(report.json.written().utf8)) as? [String: Any])
    }

    @Test func theKeysStay() throws {
        let record = ReportFixtures.record(sent: 20, errors: [ReportFixtures.error])
        let document = try Self.document(ReportFixtures.report(trial: record))
        #expect(
            document.keys.sorted() == [
                "arms", "failure_rate_difference", "head_room", "median_latency_difference_ms", "mode", "route",
                "shadow", "since", "since_because", "until", "verdict",
            ])
        let arms = try #require(document["arms"] as? [String: [String: Any]])
        #expect(arms.keys.sorted() == ["control", "trial"])
        #expect(
            arms["trial"]?.keys.sorted() == [
                "ended", "errors", "failed", "failure_rate", "failures", "fell_back", "latency_ms", "lost_answers",
                "messages", "path", "refused", "status", "throttled", "waiting",
            ])
        let error = try #require((arms["trial"]?["errors"] as? [[String: Any]])?.first)
        #expect(
            error.keys.sorted() == [
                "attempts", "error_code", "error_text", "http_status", "messages", "outcome", "path",
            ])
        #expect(error["error_text"] as? String == ReportFixtures.hostile)
        let verdict = try #require(document["verdict"] as? [String: Any])
        #expect(
            verdict.keys.sorted() == [
                "expected_date", "messages_per_day", "missing_messages", "reason", "tolerance", "word",
            ])
    }

    @Test func theNumbersAreTheReports() throws {
        let report = ReportFixtures.report()
        let document = try Self.document(report)
        let arms = try #require(document["arms"] as? [String: [String: Any]])
        #expect(arms["trial"]?["failures"] as? Int == 3 && arms["control"]?["ended"] as? Int == 1809)
        #expect((arms["control"]?["status"] as? [String: Int])?["S"] == 1800)
        #expect((arms["trial"]?["latency_ms"] as? [String: Int])?["p50"] == 499)
        let difference = try #require(document["failure_rate_difference"] as? [String: Any])
        let interval = try #require(report.verdict.difference)
        for (key, value) in [("estimate", interval.estimate), ("lower", interval.lower), ("upper", interval.upper)] {
            #expect(abs((difference[key] as? Double ?? .nan) - value) < 1e-12)
        }
        #expect((difference["method"] as? String)?.contains("Newcombe") == true)
        let mailboxes = (document["head_room"] as? [String: Any])?["mailboxes"] as? [[String: Any]]
        let limits = try #require(mailboxes?.first?["limits"] as? [String: [String: Any]])
        #expect(limits.keys.sorted() == ["concurrency", "messages", "recipients", "requests", "upload"])
        #expect(limits["messages"]?["needed"] as? Double == 6 && limits["messages"]?["share"] as? Double == 0.2)
    }

    @Test func whatIsNotKnownIsNull() throws {
        let document = try Self.document(ReportFixtures.empty)
        #expect(document["failure_rate_difference"] is NSNull && document["median_latency_difference_ms"] is NSNull)
        let arm = (document["arms"] as? [String: [String: Any]])?["trial"]
        #expect(arm?["failure_rate"] is NSNull && arm?["latency_ms"] is NSNull)
        #expect((document["verdict"] as? [String: Any])?["missing_messages"] is NSNull)
    }
}
