import Testing

@testable import GraphProtocol

@Suite struct GraphErrorTests {
    static func read(_ body: String) -> GraphError { GraphError(Array(body.utf8)) }

    @Test func theDocumentedBodyIsRead() {
        let error = Self.read(
            #"{"error":{"code":"TooManyRequests","innerError":{"code":"429","date":"2020-08-18T12:51:51","message":"Please retry after","request-id":"9b4","status":"429"},"message":"Please retry again later."}}"#
        )
        #expect(error.code == "TooManyRequests")
        #expect(error.message == "Please retry again later.")
        #expect(error.innerCodes == ["429"])
        #expect(error.requestID == "9b4")
        #expect(error.page == nil)
    }

    @Test func innerErrorsMayBeSpelledInSmallLettersAndNested() {
        let error = Self.read(
            #"{"error":{"code":"a","message":"","innererror":{"code":"b","innererror":{"code":"c","request-id":"r"}},"details":[{"code":"d"},{"x":1}]}}"#
        )
        #expect(error.innerCodes == ["b", "c", "d"])
        #expect(error.requestID == "r")
    }

    static let bare: [(String, String?, String, String?)] = [
        ("", nil, "", nil), ("<html><head><title>413</title>", nil, "", "413"), ("{}", nil, "", nil),
        ("[]", nil, "", nil),
        (#"{"error":{}}"#, nil, "", nil), (#"{"error":"invalid_token"}"#, "invalid_token", "", nil),
        (#"{"error":{"code":"","message":"m"}}"#, nil, "m", nil), (#"{"error":{"code":5,"message":{}}}"#, nil, "", nil),
        (#"{"error":{"code":"x","message":"a\r\nb","innerError":null}}"#, "x", "a b", nil),
        (#"{"error":{"code":"x""#, nil, "", nil), (#"{"ERROR":{"Code":"x"}}"#, "x", "", nil),
    ]

    @Test(arguments: bare) func body(_ body: String, _ code: String?, _ message: String, _ page: String?) {
        let error = Self.read(body)
        #expect(error.code == code)
        #expect(error.message == message)
        #expect(error.page == page)
    }

    @Test func innerErrorsWithoutEndAreCutOff() {
        let depth = 100
        let body = #"{"error":"# + String(repeating: #"{"code":"x","innerError":"#, count: depth) + "{}"
        let error = Self.read(body + String(repeating: "}", count: depth + 1))
        #expect(error.innerCodes.count == 8)
    }
}
