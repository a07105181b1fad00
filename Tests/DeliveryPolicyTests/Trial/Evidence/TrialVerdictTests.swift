import Testing

@testable import DeliveryPolicy

@Suite struct TrialVerdictTests {
    private static func evidence(
        _ a: Int, _ m: Int, _ b: Int, _ n: Int, latency: Interval? = nil, rollback: String? = nil
    ) -> TrialEvidence {
        TrialEvidence(
            trial: .init(name: "Graph", failures: Proportion(a, of: m)),
            control: .init(name: "SMTP", failures: Proportion(b, of: n)), latency: latency, rollback: rollback)
    }

    static let table: [(Int, Int, Int, Int, TrialVerdict.Word)] = [
        (0, 0, 0, 0, .wait), (0, 50, 0, 0, .wait), (0, 0, 0, 50, .wait),
        (0, 100, 0, 1900, .wait), (0, 500, 0, 9500, .go), (5, 2000, 95, 38_000, .go),
        (10, 100, 0, 1900, .stop), (2, 100, 0, 1900, .stop), (1, 100, 10, 1900, .wait),
        // Worse for certain, and certainly by less than is tolerated.
        (300, 100_000, 100, 100_000, .go),
    ]

    @Test(arguments: table) func word(_ a: Int, _ m: Int, _ b: Int, _ n: Int, _ word: TrialVerdict.Word) {
        let verdict = TrialVerdict(Self.evidence(a, m, b, n))
        #expect(verdict.word == word, "\(verdict)")
        #expect((verdict.missing ?? 1) > 0 || word != .wait)
        #expect(word == .wait || verdict.missing == 0)
    }

    @Test func goSaysWhy() {
        let verdict = TrialVerdict(Self.evidence(3, 1200, 60, 22_800))
        #expect(verdict.word == .go)
        #expect(
            verdict.reason == """
                Of 1200 by Graph 3 failed (0.25 %), of 22800 by SMTP 60 failed (0.26 %). The difference is −0.01 percentage points, \
                with 95 % confidence between −0.19 and 0.47. That is within the tolerated 1.00.
                """)
    }

    @Test func waitSaysHowManyAreMissing() throws {
        let verdict = TrialVerdict(Self.evidence(0, 100, 0, 1900))
        let missing = try #require(verdict.missing)
        #expect(verdict.reason.contains("about \(missing) more by Graph are needed"))
        #expect(TrialVerdict(Self.evidence(0, 100 + missing, 0, 1900 + 19 * missing)).word == .go)
    }

    @Test func waitSaysWhoHasNoMessages() {
        #expect(TrialVerdict(Self.evidence(0, 0, 1, 9)).reason == "No message by Graph has come to an end yet.")
        #expect(TrialVerdict(Self.evidence(0, 0, 0, 0)).reason == "No message by Graph or SMTP has come to an end yet.")
        #expect(TrialVerdict(Self.evidence(0, 0, 1, 9)).missing == nil)
    }

    @Test func stopSaysWhy() {
        let verdict = TrialVerdict(Self.evidence(10, 100, 0, 1900))
        #expect(verdict.reason.hasSuffix("Graph fails more often, and perhaps by more than the tolerated 1.00."))
    }

    @Test func whatWasRolledBackStops() {
        let verdict = TrialVerdict(Self.evidence(0, 5000, 0, 5000, rollback: "failed > 2% of 50 was true"))
        #expect(verdict.word == .stop && verdict.missing == 0)
        #expect(verdict.reason == "The trial was rolled back: failed > 2% of 50 was true.")
    }

    @Test func latencyIsNamedWhereItDiffers() {
        func reason(_ lower: Double, _ upper: Double) -> String {
            let latency = Interval(estimate: (lower + upper) / 2, lower: lower, upper: upper)
            return TrialVerdict(Self.evidence(0, 500, 0, 500, latency: latency)).reason
        }
        #expect(reason(0.2, 1.26).hasSuffix("The median message by Graph took 0.2 to 1.3 s longer."))
        #expect(reason(-2, -0.5).hasSuffix("The median message by Graph took 0.5 to 2.0 s less."))
        #expect(reason(0.651, 0.697).hasSuffix("took 0.651 to 0.697 s longer."))
        #expect(!reason(-0.1, 0.1).contains("median"))
    }

    @Test func aWiderToleranceNeedsFewer() throws {
        let evidence = Self.evidence(1, 100, 19, 1900)
        let missing = [0.01, 0.02, 0.05].map { TrialVerdict(evidence, tolerance: $0).missing ?? -1 }
        #expect(missing == missing.sorted(by: >) && (missing.last ?? -1) >= 0)
    }

    @Test(arguments: [
        (0.125, 2, "0.13"), (-0.001, 2, "0.00"), (-1.5, 1, "−1.5"), (12, 0, "12"), (0.05, 3, "0.050"),
        (99.999, 2, "100.00"),
    ])
    func numbers(_ value: Double, _ digits: Int, _ text: String) { #expect(Decimal.fixed(value, digits) == text) }
}
