import Testing

@testable import HTTPTransport

@Suite struct HTTPTimeoutsTests {
    @Test(arguments: [
        (Int64(0), Duration.seconds(60)), (16_384, .seconds(61)), (4_000_000, .seconds(304)), (-1, .seconds(60)),
    ])
    func totalGrowsWithTheBody(_ bytes: Int64, total: Duration) {
        #expect(HTTPTimeouts.forBody(of: bytes).total == total)
    }

    @Test("Pitfall 4: a large body on a slow line has the time it needs") func requestsTakeTheLimitsOfTheirBody() {
        let request = HTTPRequest.post("http://a.test", .counting(1_638_400))
        #expect(request.timeouts.total == .seconds(160))
        #expect(request.timeouts.connect == .seconds(15))
    }

    @Test(arguments: [
        (Duration.zero, 1, 1), (.milliseconds(1), 1, 1), (.milliseconds(1500), 1500, 2), (.seconds(2), 2000, 2),
        (.microseconds(1), 1, 1), (.seconds(-5), 1, 1), (.seconds(1_000_000), 86_400_000, 86_400),
    ])
    func neverTheZeroThatMeansNoLimit(_ duration: Duration, milliseconds: Int, seconds: Int) {
        #expect(duration.curlMilliseconds == milliseconds)
        #expect(duration.curlSeconds == seconds)
    }
}
