import Testing

@testable import DeliveryPolicy

@Suite struct DecimalTests {
    @Test(arguments: [(0.0149, 2, "1.49 %"), (0.125, 0, "13 %"), (-0.5, 1, "−50.0 %"), (0, 1, "0.0 %")])
    func percent(_ share: Double, _ digits: Int, _ text: String) { #expect(Decimal.percent(share, digits) == text) }

    @Test func points() { #expect(Decimal.points(0.0123) == "1.23" && Decimal.points(-0.00001) == "0.00") }
}
