import Testing

@testable import GraphProtocol

@Suite struct WireMessagesTests {
    @Test(arguments: ["Retry-After", "retry-after", "RETRY-AFTER"]) func headersAreFoundWhateverTheirCase(
        _ name: String
    ) {
        let response = answer(429, "", [("Date", "x"), ("Retry-After", "10"), ("retry-after", "20")])
        #expect(response.header(name) == "10")
        #expect(response.header("Retry") == nil)
    }

    @Test func aRequestShowsNoHeadersAndNoBody() {
        let request = WireRequest(
            method: .post, url: "https://h/p", headers: [.init("Authorization", "Bearer secret-token")],
            body: .bytes(Array("client_secret=secret-word".utf8)))
        var dumped = ""
        dump(request, to: &dumped)
        for text in ["\(request)", String(reflecting: request), dumped] {
            #expect(text.contains("POST https://h/p"))
            #expect(!text.contains("secret"))
        }
    }
}
