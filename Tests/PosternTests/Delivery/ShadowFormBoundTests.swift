import DeliveryPolicy
import EmailLog
import Testing

@testable import Postern

@Suite struct ShadowFormBoundTests {
    static let cases: [(ShadowForm, uploadsAbove: Int64?, isUpload: Bool, requests: Int, messages: Int)] = [
        (.render, nil, false, 0, 0), (.render, 0, false, 0, 0),
        (.draft, nil, false, 4, 0), (.draft, 900_000, false, 4, 0), (.draft, 899_999, true, 4, 0),
        (.redirect, nil, false, 3, 1), (.redirect, 0, true, 3, 1),
    ]

    @Test(arguments: cases) func whatACutOffShadowCountsAs(
        _ form: ShadowForm, _ uploadsAbove: Int64?, _ isUpload: Bool, _ requests: Int, _ messages: Int
    ) {
        let cost = ShadowResult.Cost.cutOff(form, size: 900_000, uploadsAbove: uploadsAbove)
        let allowance = UploadAllowance(size: 900_000)
        #expect(cost.requests == requests + (isUpload ? Int(allowance.requests) : 0))
        #expect(cost.messages == messages)
        let bytes = isUpload ? Int(allowance.octets * 3 / 4) : form == .render ? 0 : 1_800_000
        #expect((bytes...bytes + 3).contains(cost.bytes))
        #expect((form.bound(size: 900_000, uploadsAbove: uploadsAbove) == nil) == (form == .render))
    }
}
