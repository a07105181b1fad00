import DeliveryPolicy
import EmailLog
import Foundation
import MailModel
import Postern
import Testing

@testable import PosternCommands

/// What exercising Graph has found, in each form of the report.
@Suite struct TrialReportShadowTests {
    private static let summary =
        "42 messages were exercised by Graph beside their delivery, in 300 ms (median) to 400 ms (p99). None was delivered "
        + "twice."

    private static func lines(_ report: TrialReport) -> [String] { TrialReportText(report: report).lines() }

    /// Whatever its width.
    private static func text(_ report: TrialReport) -> String { lines(report).joined(separator: " ") }

    @Test func withoutArmsThereIsNoVerdict() {
        let text = Self.text(ReportFixtures.shadowAlone)
        #expect(text.contains(Self.summary), "\(text)")
        #expect(text.contains("failed (draft) ErrorAccessDenied") && text.contains("Return-Path is removed."))
        #expect(!Self.lines(ReportFixtures.shadowAlone).contains("WAIT"), "\(text)")
        #expect(!text.contains("failure rate") && text.contains("Head-room"))
        #expect(!text.contains("\u{1B}"), "a terminal obeys nobody else")
    }

    @Test func besideArmsBothAreSaid() {
        let text = Self.text(ReportFixtures.report(shadow: ReportFixtures.shadow))
        #expect(text.contains("WAIT") && text.contains("failure rate") && text.contains(Self.summary))
        #expect(!Self.text(ReportFixtures.report()).contains("exercised"))
    }

    @Test func thePageHasATableOfIt() {
        let page = TrialPage(reports: [ReportFixtures.shadowAlone], made: ReportFixtures.noon).text
        #expect(page.contains("<h2>Shadow</h2>") && page.contains(Self.summary) && page.contains(">q3</td>"))
        #expect(!page.contains("class=\"verdict") && !page.contains("<script>"))
        #expect(!TrialPage(reports: [ReportFixtures.report()], made: ReportFixtures.noon).text.contains(">Shadow<"))
    }

    @Test func theKeysStay() throws {
        let json = ReportFixtures.shadow.json.written()
        let document = try #require(JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        #expect(document.keys.sorted() == ["findings", "latency_ms", "messages", "outcomes"])
        #expect(document["messages"] as? Int == 42)
        let finding = try #require((document["findings"] as? [[String: Any]])?.first)
        #expect(finding.keys.sorted() == ["example", "kind", "messages", "words"])
        let outcomes = try #require(document["outcomes"] as? [[String: Any]])
        #expect(outcomes.count == 2)
        #expect(outcomes[1].keys.sorted() == ["error_code", "example", "form", "messages", "state", "words"])
        let none = try JSONSerialization.jsonObject(with: Data(ReportFixtures.report().json.written().utf8))
        #expect((none as? [String: Any])?["shadow"] is NSNull)
    }
}
