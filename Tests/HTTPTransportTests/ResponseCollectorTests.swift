import Testing

@testable import HTTPTransport

@Suite struct ResponseCollectorTests {
    private func collect(_ lines: [String], limit: Int = 100, body: [String] = []) -> ResponseCollector {
        var collector = ResponseCollector(limit: limit)
        for line in lines { Array("\(line)\r\n".utf8).withUnsafeBytes { collector.header($0) } }
        for piece in body { Array(piece.utf8).withUnsafeBytes { collector.body($0) } }
        return collector
    }

    @Test(arguments: [
        ("HTTP/1.1 202 Accepted", 202), ("HTTP/2 429 ", 429), ("HTTP/1.0 200", 200), ("HTTP/1.1", 0),
        ("HTTP/1.1 x", 0),
    ])
    func statusLine(_ line: String, status: Int) {
        #expect(collect([line]).status == status)
    }

    @Test(arguments: [(100, nil), (103, nil), (200, 200), (503, 503)] as [(Int, Int?)])
    func onlyFinalStatusesCount(_ status: Int, final: Int?) {
        #expect(collect(["HTTP/1.1 \(status) Text"]).finalStatus == final)
    }

    @Test func aNewStatusLineBeginsAnew() {
        let collector = collect(["HTTP/1.1 103 Early Hints", "Link: a", "", "HTTP/1.1 200 OK", "X:1", ""])
        #expect(collector.response == HTTPResponse(status: 200, headers: ["X": "1"]))
    }

    @Test func valuesLoseTheBlankAroundThem() {
        let collector = collect(["HTTP/1.1 200 OK", "A:  b: c \t", "Empty:", "no colon"])
        #expect(collector.headers == ["A": "b: c", "Empty": ""])
    }

    @Test(arguments: [
        (5, ["hello"], "hello", false), (5, ["hel", "lo"], "hello", false), (4, ["hello"], "hell", true),
        (4, ["hell", "o"], "hell", true), (0, ["x"], "", true), (4, ["hello", "again"], "hell", true),
    ])
    func bodiesAreBounded(_ limit: Int, pieces: [String], kept: String, truncated: Bool) {
        let response = collect(["HTTP/1.1 200 OK"], limit: limit, body: pieces).response
        #expect(String(decoding: response.body, as: UTF8.self) == kept)
        #expect(response.isTruncated == truncated)
    }
}
