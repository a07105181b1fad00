import Testing

@testable import HTTPTransport

@Suite struct SecrecyTests {
    private func printed(_ value: some Any) -> String {
        var dumped = ""
        dump(value, to: &dumped)
        return "\(value) \(String(reflecting: value)) \(dumped)"
    }

    @Test func aProxysPasswordIsNeverPrinted() {
        let endpoint = HTTPEndpoint(caFile: "/ca.pem", proxy: "http://joe:geheim@proxy.test:3128")
        #expect(!printed(endpoint).contains("geheim"))
        #expect(printed(endpoint).contains("/ca.pem"))
        #expect(!printed([endpoint]).contains("geheim"))
    }

    @Test func aRequestPrintsNeitherURLNorHeaders() {
        let request = HTTPRequest(
            method: "PUT", url: "https://outlook.test/upload?authtoken=geheim",
            headers: [(name: "Authorization", value: "Bearer geheim")], body: .text("geheim"),
            endpoint: HTTPEndpoint(proxy: "http://joe:geheim@proxy.test:3128"))
        #expect(!printed(request).contains("geheim"))
        #expect("\(request)" == "PUT outlook.test, 6 bytes")
    }

    @Test(arguments: ["ftp://joe:geheim@proxy.test:21", "joe:geheim@proxy.test:3128", "http://joe:geheim@:x"])
    func aMalformedProxyIsRefusedWithoutQuotingIt(_ proxy: String) async throws {
        let transport = HTTPTransport()
        let failure = try await transport.failure(
            .get("http://127.0.0.1:1/", endpoint: HTTPEndpoint(proxy: proxy)))
        #expect(failure.stage == .setup)
        #expect(failure.text.contains("proxy"))
        #expect(!failure.text.contains("geheim"))
        await transport.shutdown()
    }
}
