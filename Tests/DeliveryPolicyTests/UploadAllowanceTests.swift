import DeliveryPolicy
import Testing

@Suite struct UploadAllowanceTests {
    @Test(arguments: [1000, 2_200_001, 20_000_000, 150_000_000] as [Int64]) func sufficesForAMessage(_ size: Int64) {
        var allowance = UploadAllowance(size: size)
        #expect(allowance.octets >= size * 4 / 3)
        for _ in 0..<252 + Int(size / 3_276_800) {
            let taken = allowance.take(octets: 1)
            #expect(taken)
        }
    }

    @Test func endsWhereItEnds() {
        var allowance = UploadAllowance(size: 0)
        let (requests, octets) = (allowance.requests, allowance.octets)
        let isTooMuch = !allowance.take(octets: Int(octets) + 1)
        #expect(isTooMuch && allowance.requests == requests && allowance.octets == octets)
        let all = allowance.take(octets: Int(octets))
        #expect(all && allowance.octets == 0 && allowance.requests == requests - 1)
        while allowance.take(octets: 0) {}
        #expect(allowance.requests == 0)
    }
}
