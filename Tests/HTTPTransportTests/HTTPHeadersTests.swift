import Testing

@testable import HTTPTransport

@Suite struct HTTPHeadersTests {
    private let headers: HTTPHeaders = ["Retry-After": "5", "X-Trace": "a", "x-trace": "b", "Empty": ""]

    @Test(arguments: [
        ("Retry-After", "5"), ("retry-after", "5"), ("RETRY-AFTER", "5"), ("x-trace", "a"), ("empty", ""),
        ("Retry", nil), ("Retry-After ", nil), ("", nil),
    ])
    func firstOfAName(_ name: String, is value: String?) {
        #expect(headers[name] == value)
    }

    @Test(arguments: [("X-TRACE", ["a", "b"]), ("retry-after", ["5"]), ("none", [])])
    func allOfAName(_ name: String, are values: [String]) {
        #expect(headers.all(name) == values)
    }

    @Test func onlyLettersFold() {
        let odd: HTTPHeaders = ["a[b": "1"]
        #expect(odd["A{B"] == nil)
        #expect(odd["A[B"] == "1")
    }

    @Test func orderIsKept() {
        #expect(headers.fields.map(\.name) == ["Retry-After", "X-Trace", "x-trace", "Empty"])
    }
}
