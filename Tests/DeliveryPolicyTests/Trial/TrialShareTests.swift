import Testing

@testable import DeliveryPolicy

@Suite struct TrialShareTests {
    @Test(arguments: [
        ("0", 0, "0%"), ("5", 50_000, "5%"), ("25%", 250_000, "25%"), ("0.05", 500, "0.05%"),
        ("12.5%", 125_000, "12.5%"), ("100", 1_000_000, "100%"), ("0.0001", 1, "0.0001%"),
        ("33.3333", 333_333, "33.3333%"),
        ("0.01%", 100, "0.01%"),
    ])
    func isReadAndWritten(_ text: String, _ millionths: Int, _ written: String) {
        let share = TrialShare(text)
        #expect(share?.millionths == millionths)
        #expect(share?.description == written)
        #expect(share.flatMap { TrialShare($0.description) } == share)
    }

    @Test(arguments: [
        "", "%", "5 %", "-1", "100.1", "101", "1e2", "five", ".5", "5.", "1.2.3", "0x10", "nan", "inf", "5%%",
    ])
    func isRefused(_ text: String) { #expect(TrialShare(text) == nil) }

    @Test(arguments: [-0.1, 100.01, .nan, .infinity]) func isWithinAHundred(_ percent: Double) {
        #expect(TrialShare(percent: percent) == nil)
    }

    @Test func everyHundredthOfAPercentIsAShareOfItsOwn() {
        let shares = (0...10_000).compactMap { TrialShare(percent: Double($0) / 100) }
        #expect(shares.map(\.millionths) == (0...10_000).map { $0 * 100 })
        #expect(shares.first == TrialShare.none && shares.last == .all)
        #expect(shares.allSatisfy { TrialShare($0.description) == $0 })
    }
}
