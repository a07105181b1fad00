import DeliveryPolicy
import MailModel

/// The `trial` part of a route. Keys of the mode that is not chosen may stand there: to change the mode is to change a word.
enum TrialDecoder {
    static func trial(_ section: Section, hasOtherPath: Bool) -> TrialSettings? {
        defer { section.finish() }
        if !section.has("mode") { section.missing("mode", "is missing; write shadow or split") }
        let mode: TrialSettings.Mode? = section.choice("mode")
        let filter = filter(section)
        let amount = amount(section)
        let shadow = shadow(section)
        let rollback = section.section("rollback").flatMap(rollback)
        let tolerance = section.scalar("tolerance", expected: percentage) { TrialShare($0) }
        if mode == .split, !selections.contains(where: section.has) {
            section.missing(
                "percent", "is missing: `percent` or `ramp` says how many messages take part, or a filter which")
        }
        if !hasOtherPath {
            section.missing("mode", "has nothing to try: the route needs a `graph` and an `smtp` section")
        }
        guard let mode else { return nil }
        var trial = TrialSettings(mode: mode, filter: filter, shadow: shadow ?? .render, rollback: rollback)
        if let amount { trial.amount = amount }
        if let tolerance { trial.tolerance = Double(tolerance.millionths) / 1_000_000 }
        return trial
    }

    /// What says which messages take part, or how many.
    private static let selections = ["percent", "ramp", "senders", "recipients", "priority"]

    private static let percentage = "a percentage from 0 to 100, such as 5 or 0.5%"

    private static func amount(_ section: Section) -> TrialSettings.Amount? {
        let share = section.scalar("percent", expected: percentage) { TrialShare($0) }
        let ramp = section.section("ramp").flatMap(ramp)
        if section.has("percent"), section.has("ramp") {
            section.problem("ramp", "stands beside `percent`: one of them says how many messages take part")
        }
        return ramp.map { .ramp($0) } ?? share.map { .share($0) }
    }

    private static func ramp(_ section: Section) -> TrialRamp? {
        defer { section.finish() }
        for key in ["steps", "over"] where !section.has(key) {
            section.missing(key, "is missing; write ramp: {steps: [5, 25, 100], over: 7d}")
        }
        let steps = section.list("steps", expected: percentage) { TrialShare($0) }
        guard let over = section.duration("over") else { return nil }
        do { return try TrialRamp(steps: steps, over: over) } catch {
            switch error {
            case .tooFewSteps: section.problem("steps", "expected two percentages or more")
            case .notGrowing: section.problem("steps", "expected each percentage to be larger than the one before")
            case .noTime: section.problem("over", "expected a time longer than nothing")
            }
            return nil
        }
    }

    private static func filter(_ section: Section) -> TrialFilter {
        let recipients = section.list("recipients", expected: "a domain such as contoso.com or *.contoso.com") {
            RecipientDomain($0)
        }
        let priorities = section.list("priority", expected: "high, normal or bulk") { Priority(rawValue: $0) }
        return TrialFilter(senders: section.pattern("senders"), recipients: recipients, priorities: Set(priorities))
    }

    private static func shadow(_ section: Section) -> TrialSettings.Shadow? {
        section.scalar("shadow", expected: "render, draft or an address") { text in
            switch text {
            case "render": .render
            case "draft": .draft
            default: (try? Address(parsing: text)).map { .redirect($0) }
            }
        }
    }

    private static func rollback(_ section: Section) -> TrialSettings.Rollback? {
        defer { section.finish() }
        let to = section.scalar("to", expected: percentage) { TrialShare($0) } ?? TrialShare.none
        if !section.has("when") { section.missing("when", "is missing; write failed > 2% of 50") }
        guard let text = section.string("when") else { return nil }
        do { return TrialSettings.Rollback(rule: try RollbackRule(parsing: text), to: to) } catch {
            section.problem("when", error.text)
            return nil
        }
    }
}
