import DeliveryPolicy
import MailModel
import Testing

@Suite struct AttemptBoundTests {
    static let cases: [(size: Int64, uploadsAbove: Int64?, isUpload: Bool)] = [
        (0, nil, false), (2_200_000, 2_200_000, false), (2_200_001, 2_200_000, true), (900_000, 100_000, true),
        (140_000_000, 2_200_000, true), (140_000_000, nil, false),
    ]

    @Test(arguments: cases) func itIsWhatTheFormMayTake(_ size: Int64, _ uploadsAbove: Int64?, _ isUpload: Bool) {
        let bound = AttemptBound(size: size, steps: 4, uploadsAbove: uploadsAbove)
        let allowance = UploadAllowance(size: size)
        #expect(bound.requests == (isUpload ? allowance.requests + 5 : 5))
        #expect(bound.octets == (isUpload ? allowance.octets : 2 * Int64(Base64.encodedLength(of: Int(size)))))
    }

    /// What is read back from the log is no less than what was meant.
    @Test(arguments: [0, 1, 2, 3, 4, 5, 2_200_001, 139_999_999] as [Int64], [nil, 0] as [Int64?])
    func theLogHasRoomForIt(_ size: Int64, _ uploadsAbove: Int64?) {
        let bound = AttemptBound(size: size, steps: 1, uploadsAbove: uploadsAbove)
        let restored = Int64(Base64.encodedLength(of: Int(bound.rawOctets)))
        #expect(restored >= bound.octets && restored < bound.octets + 4)
    }
}
