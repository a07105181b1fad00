import DeliveryPolicy
import EmailLog
import MailModel
import Postern

/// A trial's report as one page that needs nothing else: no script, no other file, nothing from the network. A browser that
/// opens it is told to allow none (Content Security Policy Level 3).
struct TrialPage {
    let reports: [TrialReport]
    let made: Timestamp

    var text: String {
        let title = "Trial report: " + reports.map(\.route).joined(separator: ", ")
        let head = HTML.element(
            "head",
            [
                .void("meta", ["charset": "utf-8"]),
                .void(
                    "meta",
                    [
                        "http-equiv": "Content-Security-Policy",
                        "content": "default-src 'none'; style-src 'unsafe-inline'",
                    ]), .void("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
                .void("meta", ["name": "color-scheme", "content": "light dark"]), .element("title", title),
                .element("style", [TrialPageStyle.sheet]),
            ])
        let footer = HTML.element(
            "footer", "Made by postern trial report, \(ReportWords.minute(made)) UTC. Times are UTC.")
        let body = HTML.element(
            "body", [.element("main", reports.map { TrialPageSection(report: $0).section } + [footer])])
        return "<!doctype html>\n" + HTML.element("html", ["lang": "en"], [head, body]).markup + "\n"
    }
}

/// The part of the page that speaks of one route.
struct TrialPageSection {
    /// The most errors of an arm, and the most mailboxes.
    private static let listed = 20
    /// Of an answer, the most characters.
    private static let longestWords = 300

    let report: TrialReport

    var section: HTML {
        .element(
            "article",
            [
                .element("h1", report.heading), .element("p", ["class": "period"], "\(report.period)."),
            ] + comparisons + [shadow, errors, demands].compactMap(\.self))
    }

    private var comparisons: [HTML] {
        guard !report.isShadowAlone else { return [] }
        return [
            verdict, part("Failures", [.element("div", ["class": "pair"], [comparison, difference])]),
            part("Latency", [.element("div", ["class": "pair"], [latencyPlot, latencyNumbers])]),
        ]
    }

    private var shadow: HTML? {
        guard let shadow = report.shadow else { return nil }
        let names = [("found", "word"), ("messages", "n"), ("example", "word"), ("words", "")]
        let head = names.map { HTML.element("th", ["scope": "col", "class": $0.1], $0.0) }
        let rows = shadow.lines.map { line in
            let cells = [line.what, Self.grouped(line.count), line.example.rawValue, line.words]
            return HTML.element(
                "tr",
                zip(names, cells).map { name, text in
                    .element(
                        "td", ["data-label": name.0, "class": name.1], String(text.prefix(Self.longestWords)))
                })
        }
        let table = HTML.element(
            "table", ["class": "list"], [.element("thead", [.element("tr", head)]), .element("tbody", rows)])
        return part("Shadow", [.element("p", shadow.summary), table])
    }

    private func part(_ heading: String, _ content: [HTML]) -> HTML {
        .element("section", [.element("h2", heading)] + content)
    }

    private var verdict: HTML {
        let word = report.verdict.word.rawValue
        return .element(
            "section", ["class": "verdict \(word)"],
            [
                .element("strong", word), .element("p", report.verdict.reason),
            ] + (report.outlookSentence.map { [.element("p", $0)] } ?? []))
    }

    // MARK: Failures

    private var comparison: HTML {
        let rows =
            report.counts.map { ($0.what, $0.numbers.map(Self.grouped)) }
            + [("failures, of those that ended", report.failureCounts), ("failure rate", report.failureRates)]
        return numbers(rows, emphasizing: ["failure rate"])
    }

    private func numbers(_ rows: [(String, [String])], emphasizing: Set<String> = []) -> HTML {
        let heads = report.arms.map { arm in
            HTML.element(
                "th", ["scope": "col"],
                [
                    .element("i", ["class": "swatch \(arm.arm.rawValue)"], []),
                    .text("\(arm.name) (\(arm.arm.rawValue))"),
                ])
        }
        let body = rows.map { what, values in
            HTML.element(
                "tr", ["class": emphasizing.contains(what) ? "total" : ""],
                [.element("th", ["scope": "row"], what)] + values.map { .element("td", $0) })
        }
        return .element(
            "table", ["class": "numbers"],
            [.element("thead", [.element("tr", [.element("td", "")] + heads)]), .element("tbody", body)])
    }

    private var difference: HTML {
        let plot = report.verdict.difference.map { interval in
            IntervalPlot(
                interval: interval.inPercent,
                title: "failure rate of \(report.trial.name) less that of \(report.control.name), percentage points",
                written: Self.tick, tolerance: report.tolerance * 100
            ).drawing
        }
        return figure(plot, [report.failureDifference, TrialReport.failureMeaning])
    }

    // MARK: Latency

    private var latencyPlot: HTML {
        figure(
            LatencyPlot(arms: report.arms).drawing, ["Share of the sent messages that had gone by then."], legend: true)
    }

    private var latencyNumbers: HTML {
        let plot = report.latencyDifference.map { interval in
            let inSeconds = max(abs(interval.lower), abs(interval.upper)) >= 2000
            return IntervalPlot(
                interval: inSeconds ? interval.scaled(by: 0.001) : interval,
                title: "median latency of \(report.trial.name) less that of \(report.control.name), "
                    + (inSeconds ? "seconds" : "milliseconds"), written: Self.tick
            ).drawing
        }
        return .element(
            "div", [numbers(report.latencyRows.map { ($0.what, $0.values) }), figure(plot, [report.medianDifference])])
    }

    private func figure(_ drawing: HTML?, _ captions: [String], legend: Bool = false) -> HTML {
        .element(
            "figure",
            (legend && drawing != nil ? [self.legend] : []) + [drawing].compactMap(\.self)
                + [.element("figcaption", captions.map { .element("p", $0) })])
    }

    private var legend: HTML {
        .element(
            "p", ["class": "legend"],
            report.arms.map { arm in
                .element(
                    "span",
                    [
                        .element("i", ["class": "swatch \(arm.arm.rawValue)"], []),
                        .text("\(arm.name) (\(arm.arm.rawValue))"),
                    ])
            })
    }

    // MARK: What failed

    private var errors: HTML? {
        let rows = report.arms.flatMap { arm in
            arm.record.errors.prefix(Self.listed).map { Self.cells($0, of: arm) }
        }
        guard let first = rows.first else { return nil }
        let head = first.map { HTML.element("th", ["scope": "col", "class": $0.style], $0.label) }
        let body = rows.map { row in
            HTML.element(
                "tr", row.map { .element("td", ["data-label": $0.label, "class": $0.style], $0.text) })
        }
        return part(
            "Attempts that failed",
            [
                .element(
                    "table", ["class": "list"],
                    [.element("thead", [.element("tr", head)]), .element("tbody", body)])
            ])
    }

    private static func cells(_ error: ArmRecord.ErrorClass, of arm: TrialReport.Arm) -> [(
        label: String, style: String, text: String
    )] {
        [
            ("arm", "word", arm.arm.rawValue), ("path", "word", error.path.title), ("outcome", "word", error.outcome),
            ("attempts", "n", grouped(error.attempts)), ("messages", "n", grouped(error.messages)),
            ("answer", "answer", error.status), ("words", "", String((error.errorText ?? "").prefix(longestWords))),
        ]
    }

    // MARK: Head-room

    private var demands: HTML? {
        guard !report.demands.isEmpty else { return nil }
        let names = ["mailbox", "messages"] + MailboxDemand.Limit.allCases.map(\.words) + ["longest wait"]
        let head = names.map { HTML.element("th", ["scope": "col", "class": $0 == "mailbox" ? "" : "n"], $0) }
        let rest = report.demands.count - Self.listed
        let table = HTML.element(
            "table", ["class": "list demand"],
            [
                .element("thead", [.element("tr", head)]),
                .element("tbody", report.demands.prefix(Self.listed).map(row)),
            ])
        let notes = [
            rest > 0 ? "\(rest) more mailboxes need less." : nil, report.demandMeaning, report.requestTimeMeaning,
        ]
        return part("Head-room", [table] + notes.compactMap(\.self).map { .element("p", ["class": "note"], $0) })
    }

    private func row(_ demand: MailboxDemand) -> HTML {
        .element(
            "tr",
            [
                .element("td", ["data-label": "mailbox", "class": "name"], demand.mailbox),
                .element("td", ["data-label": "messages", "class": "n"], Self.grouped(demand.messages)),
            ] + MailboxDemand.Limit.allCases.map { cell(demand, $0) }
                + [.element("td", ["data-label": "longest wait", "class": "n"], demand.longestWait.rough)])
    }

    private func cell(_ demand: MailboxDemand, _ limit: MailboxDemand.Limit) -> HTML {
        let meter = demand.share(limit).map { share in
            HTML.element(
                "svg",
                ["class": "meter", "viewBox": "0 0 100 8", "preserveAspectRatio": "none", "aria-hidden": "true"],
                [
                    SVG.rectangle((0, 0), width: 100, height: 8, "track"),
                    SVG.rectangle(
                        (0, 0), width: min(100, share * 100), height: 8,
                        share > 1 ? "fill over" : share > 0.8 ? "fill near" : "fill"),
                ])
        }
        return .element(
            "td", ["data-label": limit.words, "class": "n"],
            [.element("span", demand.shareText(limit))] + [meter].compactMap(\.self))
    }

    /// `22 810`, with narrow spaces that do not break.
    static func grouped(_ number: Int) -> String {
        let digits = Array(String(number))
        return String(
            digits.enumerated().flatMap { index, digit in
                index > 0 && (digits.count - index).isMultiple(of: 3) ? ["\u{202F}", digit] : [digit]
            })
    }

    /// As few digits as say it.
    static func tick(_ value: Double) -> String {
        let digits = (0...4).first { abs(value * Self.powers[$0] - (value * Self.powers[$0]).rounded()) < 1e-6 } ?? 4
        return Decimal.fixed(value, digits)
    }

    private static let powers: [Double] = [1, 10, 100, 1000, 10_000]
}

extension Interval {
    fileprivate var inPercent: Interval { scaled(by: 100) }
}
