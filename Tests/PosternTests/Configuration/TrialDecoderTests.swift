import DeliveryPolicy
import MailModel
import Testing

@testable import Postern

@Suite struct TrialDecoderTests {
    private static func yaml(_ trial: String, smtp: Bool = true) -> String {
        """
        routes:
          - name: contoso
            senders: ["*@contoso.com"]
            primary: \(smtp ? "smtp" : "graph")
            graph:
              tenant: contoso.onmicrosoft.com
              client_id: 11111111-1111-1111-1111-111111111111
              client_secret: very-secret
        \(smtp ? "    smtp: {}" : "")
            trial: \(trial)
        """
    }

    private static func decode(_ trial: String) throws -> (trial: TrialSettings?, warnings: [String]) {
        let (configuration, warnings) = try ConfigurationDecoder.decode(
            yaml(trial), file: "postern.yaml", secrets: SecretSources(environment: [:]), hostname: "relay.test")
        return (configuration.routes.first?.trial, warnings.map(\.description))
    }

    private static func problems(_ trial: String, smtp: Bool = true) -> [String] {
        do {
            _ = try ConfigurationDecoder.decode(
                yaml(trial, smtp: smtp), file: "postern.yaml", secrets: SecretSources(environment: [:]),
                hostname: "relay.test")
            return []
        } catch {
            return error.problems.filter { $0.severity == .error }.map { "\($0.key) \($0.text)" }
        }
    }

    @Test func theContractsExampleIsRead() throws {
        let trial = try #require(
            try Self.decode(
                """
                {mode: split, percent: 5, senders: ["reports@contoso.com"], shadow: draft, rollback: {when: failed > 2% of 50, to: 0}}
                """
            ).trial)
        #expect(trial.mode == .split && trial.amount == TrialShare("5").map { .share($0) })
        #expect(trial.filter.senders.map(\.description) == ["reports@contoso.com"] && trial.shadow == .draft)
        #expect(trial.rollback?.rule.description == "failed > 2% of 50" && trial.rollback?.to == TrialShare.none)
        #expect(trial.tolerance == 0.01)
    }

    @Test func everyKeyIsRead() throws {
        let trial = try #require(
            try Self.decode(
                """
                {mode: shadow, ramp: {steps: [5, 25%, 100], over: 7d}, recipients: [fabrikam.com, "*.contoso.com"], \
                priority: [normal, bulk], shadow: audit@contoso.com, rollback: {when: unknown > 0 of 1000, to: 0.5}, \
                tolerance: 0.2%}
                """
            ).trial)
        let steps = ["5", "25", "100"].compactMap { TrialShare($0) }
        let ramp = try TrialRamp(steps: steps, over: .seconds(7 * 86_400))
        #expect(trial.amount == .ramp(ramp))
        #expect(trial.filter.recipients.map(\.description) == ["fabrikam.com", "*.contoso.com"])
        #expect(trial.filter.priorities == [.normal, .bulk])
        #expect(trial.shadow == .redirect(address("audit@contoso.com")))
        #expect(trial.rollback?.to == TrialShare("0.5") && trial.tolerance == 0.002)
    }

    @Test func aFilterAloneIsAllOfThese() throws {
        let trial = try Self.decode("{mode: split, priority: bulk}").trial
        #expect(trial?.amount == .share(.all) && trial?.filter.priorities == [.bulk] && trial?.rollback == nil)
        #expect(try Self.decode("{mode: shadow}").trial?.shadow == .render)
    }

    @Test(arguments: ["{mode: split, percent: 5}", "{mode: shadow}", "~"]) func aGoodOneIsNoReasonToWarn(_ yaml: String)
        throws
    {
        #expect(try Self.decode(yaml).warnings.isEmpty)
    }

    @Test(arguments: [
        ("{percent: 5}", "trial.mode is missing; write shadow or split"),
        ("{mode: half, percent: 5}", "trial.mode expected one of shadow, split, found `half`"),
        (
            "{mode: split}",
            "trial.percent is missing: `percent` or `ramp` says how many messages take part, or a filter which"
        ),
        (
            "{mode: split, percent: 101}",
            "trial.percent expected a percentage from 0 to 100, such as 5 or 0.5%, found `101`"
        ),
        (
            "{mode: split, percent: 5, ramp: {steps: [5, 25], over: 1d}}",
            "trial.ramp stands beside `percent`: one of them says how many messages take part"
        ),
        ("{mode: shadow, ramp: {steps: [5], over: 1d}}", "trial.ramp.steps expected two percentages or more"),
        (
            "{mode: shadow, ramp: {steps: [25, 5], over: 1d}}",
            "trial.ramp.steps expected each percentage to be larger than the one before"
        ),
        ("{mode: shadow, ramp: {steps: [5, 25], over: 0s}}", "trial.ramp.over expected a time longer than nothing"),
        (
            "{mode: shadow, ramp: {steps: [5, 25]}}",
            "trial.ramp.over is missing; write ramp: {steps: [5, 25, 100], over: 7d}"
        ),
        ("{mode: shadow, shadow: full}", "trial.shadow expected render, draft or an address, found `full`"),
        (
            "{mode: shadow, rollback: {when: failed > 2% in 5m}}",
            "trial.rollback.when expected `of` and a number of messages from 1 to 100000, found `in 5m`"
        ),
        ("{mode: shadow, rollback: {to: 5}}", "trial.rollback.when is missing; write failed > 2% of 50"),
        (
            "{mode: shadow, recipients: [a@b.c]}",
            "trial.recipients[0] expected a domain such as contoso.com or *.contoso.com, found `a@b.c`"
        ),
        ("{mode: shadow, priority: [urgent]}", "trial.priority[0] expected high, normal or bulk, found `urgent`"),
        ("{mode: shadow, percents: 5}", "trial.percents unknown key; did you mean `percent`?"),
    ])
    func whatIsWrongIsNamed(_ trial: String, _ problem: String) {
        let found = Self.problems(trial)
        #expect(found == ["routes[0].\(problem)"], "\(found)")
    }

    @Test func withoutASecondPathThereIsNothingToTry() {
        #expect(
            Self.problems("{mode: split, percent: 5}", smtp: false)
                == ["routes[0].trial.mode has nothing to try: the route needs a `graph` and an `smtp` section"])
    }
}
