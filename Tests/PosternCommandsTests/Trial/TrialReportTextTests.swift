import DeliveryPolicy
import EmailLog
import MailModel
import Postern
import Testing

@testable import PosternCommands

@Suite struct TrialReportTextTests {
    private static func lines(_ report: TrialReport, width: Int = .max) -> [String] {
        TrialReportText(report: report).lines(width: width)
    }

    @Test func theVerdictComesFirst() {
        let report = ReportFixtures.report()
        let lines = Self.lines(report)
        #expect(
            lines.prefix(4) == [
                "Route contoso: Graph tried beside SMTP",
                "Messages accepted from 2026-11-14 12:00 to 2026-11-21 12:00 UTC, the last 7 days", "", "WAIT",
            ])
        #expect(lines[4].hasPrefix("Of 201 by Graph 3 failed (1.49 %), of 1809 by SMTP 9 failed (0.50 %)."))
    }

    @Test func waitingSaysUntilWhen() {
        let report = ReportFixtures.report(trial: ReportFixtures.record(sent: 200, failed: 1))
        let text = Self.lines(report).joined(separator: " ")
        #expect(text.contains("29 messages a day by Graph come to an end: that may be about 2026-"), "\(text)")
        #expect(text.contains("95 % interval −1944 ms to −1856 ms") && text.contains("took 1.856 to 1.944 s less."))
    }

    @Test func bothArmsStandSideBySide() {
        let lines = Self.lines(ReportFixtures.report())
        for line in [
            "                                  Graph (trial)  SMTP (control)",
            "messages                                    203            1811",
            "failed for good                               1               9",
            "refused by the path of their arm              2               0",
            "failures, of those that ended          3 of 201       9 of 1809",
            "failure rate                             1.49 %          0.50 %",
            "latency p50                              499 ms           2.4 s",
        ] {
            #expect(lines.contains(line), "\(line)")
        }
    }

    @Test(arguments: [60, 80, 100, .max]) func linesFit(_ width: Int) {
        let record = ReportFixtures.record(sent: 9, errors: [ReportFixtures.error])
        let report = ReportFixtures.report(trial: record, demands: ReportFixtures.demands(12))
        let lines = Self.lines(report, width: width)
        #expect(lines.allSatisfy { $0.count <= min(width, 100) }, "\(lines.filter { $0.count > width })")
        #expect(!lines.contains { $0.contains("\u{1B}") })
    }

    @Test func listsAreCut() {
        let lines = Self.lines(ReportFixtures.report(demands: ReportFixtures.demands(12)))
        #expect(lines.contains("… and 2 more; --json"))
        #expect(
            lines.contains { $0.hasSuffix("user9@contoso.com") }
                && !lines.contains { $0.hasSuffix("user11@contoso.com") })
    }

    @Test func withoutMessagesItSaysSo() {
        let text = Self.lines(ReportFixtures.empty).joined(separator: "\n")
        #expect(text.contains("WAIT\nNo message by Graph or SMTP has come to an end yet."))
        #expect(text.contains("cannot be compared") && !text.contains("Head-room") && !text.contains("█"))
    }

    @Test(arguments: [(0.0, "    "), (1.0, "████"), (0.5, "██  "), (0.001, "▏   "), (0.53125, "██▏ ")])
    func bars(_ share: Double, _ text: String) { #expect(TrialReportText.bar(share, width: 4) == text) }

    @Test(
        arguments: [
            (0.0, "0 ms"), (999.4, "999 ms"), (999.6, "1.0 s"), (59_940, "59.9 s"), (60_000, "1.0 min"),
            (3_600_000, "1.0 h"), (-1500, "−1.5 s"),
        ])
    func spans(_ milliseconds: Double, _ text: String) { #expect(ReportWords.span(milliseconds: milliseconds) == text) }

    @Test(
        arguments: [
            (0, "0 ms"), (500, "500 ms"), (2000, "2 s"), (60_000, "1 min"), (10_800_000, "3 h"), (86_400_000, "1 d"),
        ] as [(Int64, String)])
    func steps(_ milliseconds: Int64, _ text: String) { #expect(ReportWords.step(milliseconds) == text) }

    @Test(arguments: [(0.0005, "0.1 %"), (0.099, "9.9 %"), (0.1, "10 %"), (1.5, "150 %")])
    func shares(_ share: Double, _ text: String) { #expect(ReportWords.share(share) == text) }
}
