import DeliveryPolicy
import Postern
import Testing

@Suite struct QuantityTests {
    @Test(arguments: [
        ("250ms", 250), ("30s", 30_000), ("5m", 300_000), ("2h", 7_200_000), ("3d", 259_200_000), ("0s", 0),
    ])
    func durations(_ text: String, _ milliseconds: Int) {
        #expect(Quantity.duration(text) == .milliseconds(milliseconds))
    }

    @Test(arguments: [
        ("64KB", 64_000), ("35MB", 35_000_000), ("4MiB", 4_194_304), ("1GB", 1_000_000_000), ("2KiB", 2048),
        ("10B", 10),
    ])
    func sizes(_ text: String, _ octets: Int64) { #expect(Quantity.size(text) == octets) }

    @Test(arguments: [
        ("30/m", 30, 60), ("20/8s", 20, 8), ("10000/10m", 10_000, 600), ("150MB/5m", 150_000_000, 300),
        ("10000/d", 10_000, 86_400),
        ("1/h", 1, 3600),
    ])
    func rates(_ text: String, _ amount: Int64, _ seconds: Int) {
        #expect(Quantity.rate(text) == Rate(amount, per: .seconds(seconds)))
    }

    @Test(arguments: ["", "5", "m", "5 m", "-5m", "5w", "5M", "1.5h", "99999999999999999999d", "9223372036854775807d"])
    func noDuration(_ text: String) { #expect(Quantity.duration(text) == nil) }

    @Test(arguments: ["", "35", "MB", "35 MB", "35mb", "-1KB", "1.5MB", "9223372036854775807GB"])
    func noSize(_ text: String) { #expect(Quantity.size(text) == nil) }

    @Test(arguments: ["", "30", "30/", "/m", "30/m/m", "0/m", "30/0s", "thirty/m", "30/5", "-30/m"])
    func noRate(_ text: String) { #expect(Quantity.rate(text) == nil) }

    @Test(arguments: ["250ms", "30s", "5m", "2h", "3d", "90s", "36h", "0s"])
    func durationsSurviveTheRoundTrip(_ text: String) throws {
        #expect(Quantity.text(try #require(Quantity.duration(text))) == text)
    }

    @Test(arguments: ["30/m", "20/8s", "10000/10m", "10000/d"])
    func ratesSurviveTheRoundTrip(_ text: String) throws {
        #expect(Quantity.text(try #require(Quantity.rate(text))) == text)
    }

    @Test(arguments: [("2200KB", "2200KB"), ("35MB", "35MB"), ("4MiB", "4194304B")])
    func sizesAreWrittenInDecimalUnits(_ text: String, _ written: String) throws {
        #expect(Quantity.text(octets: try #require(Quantity.size(text))) == written)
        #expect(Quantity.text(try #require(Quantity.rate("\(text)/5m")), octets: true) == "\(written)/5m")
    }
}
