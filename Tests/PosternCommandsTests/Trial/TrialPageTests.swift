import DeliveryPolicy
import EmailLog
import MailModel
import Postern
import Testing

@testable import PosternCommands

@Suite struct TrialPageTests {
    private static func page(_ reports: TrialReport...) -> String {
        TrialPage(reports: reports, made: ReportFixtures.noon).text
    }

    @Test func itNeedsNothingElse() {
        let page = Self.page(ReportFixtures.report())
        #expect(page.hasPrefix("<!doctype html>\n<html lang=\"en\">"))
        #expect(page.contains("content=\"default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;\""))
        for word in [
            "<script", "<link", "<img", "<iframe", "src=", "href=", "url(", "@import", "style=", "http://", "https://",
        ] {
            #expect(!page.contains(word), "\(word)")
        }
    }

    @Test func whatOthersWroteIsTextAlone() {
        var demands = ReportFixtures.demands(1)
        var meter = DemandMeter("\"<img src=x onerror=alert(1)>\"@contoso.com", VolumeLimits())
        meter.add(at: ReportFixtures.noon, recipients: 1, size: 1)
        demands.append(meter.demand(requestTime: nil))
        let record = ReportFixtures.record(sent: 9, errors: [ReportFixtures.error])
        let page = Self.page(ReportFixtures.report(trial: record, route: "<i>route</i>", demands: demands))
        #expect(
            !page.contains("<script") && !page.contains("<img") && !page.contains("<i>") && !page.contains("\u{1B}"))
        #expect(page.contains("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;quoted&#39;"))
        #expect(page.contains("Error&lt;b&gt;") && page.contains("&lt;img src=x"))
    }

    @Test(arguments: [ReportFixtures.report(), ReportFixtures.empty]) func elementsAreClosed(_ report: TrialReport)
        throws
    {
        let page = Self.page(report, report)
        var open: [Substring] = []
        for tag in page.matches(of: /<(\/?)([a-z0-9]+)[^>]*>/) {
            let name = tag.output.2
            if ["meta", "br"].contains(name) { continue }
            if tag.output.1.isEmpty { open.append(name) } else { #expect(open.popLast() == name) }
        }
        #expect(open.isEmpty)
    }

    @Test func itSaysWhatTheReportSays() {
        let report = ReportFixtures.report()
        let page = Self.page(report)
        #expect(page.contains("<section class=\"verdict \(report.verdict.word.rawValue)\">"))
        for text in [
            report.heading, report.verdict.reason, report.failureDifference, report.medianDifference, "1\u{202F}811",
            "user0@contoso.com", "3 of 201", "9 of 1809",
        ] {
            #expect(page.contains(HTML.escaped(text)), "\(text)")
        }
        #expect(page.count(of: "class=\"plot\"") == 3 && page.count(of: "class=\"curve ") == 2)
    }

    @Test func withoutMessagesThereIsNothingToDraw() {
        let page = Self.page(ReportFixtures.empty)
        #expect(!page.contains("class=\"plot\"") && !page.contains("Head-room") && page.contains("verdict wait"))
    }

    @Test func longListsAndWordsAreCut() {
        var error = ReportFixtures.error
        error.errorText = String(repeating: "x", count: 5000)
        let record = ReportFixtures.record(sent: 9, errors: Array(repeating: error, count: 50))
        let page = Self.page(ReportFixtures.report(trial: record, demands: ReportFixtures.demands(60)))
        #expect(page.count(of: "class=\"answer\"") == 21 && !page.contains(String(repeating: "x", count: 301)))
        #expect(page.count(of: "class=\"name\"") == 20 && page.contains("40 more mailboxes need less."))
    }

    @Test func metersShowWhatIsScarce() {
        let page = Self.page(
            ReportFixtures.report(
                demands: [6, 27, 40].flatMap { ReportFixtures.demands(1, burst: $0) }))
        #expect(page.count(of: "\"fill near\"") == 1 && page.count(of: "\"fill over\"") == 1)
        #expect(!page.contains("width=\"133"))
    }

    @Test(arguments: [(0, "0"), (999, "999"), (1000, "1\u{202F}000"), (1_234_567, "1\u{202F}234\u{202F}567")])
    func numbersAreGrouped(_ number: Int, _ text: String) { #expect(TrialPageSection.grouped(number) == text) }

    @Test(arguments: [(0.0, "0"), (0.5, "0.5"), (-0.25, "−0.25"), (200, "200"), (0.1 + 0.2, "0.3")])
    func ticksHaveFewDigits(_ value: Double, _ text: String) { #expect(TrialPageSection.tick(value) == text) }
}

extension String {
    fileprivate func count(of part: String) -> Int { ranges(of: part).count }
}
