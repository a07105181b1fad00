import Testing

@testable import HTTPTransport

@Suite struct URLPartsTests {
    @Test(arguments: [
        ("https://graph.microsoft.com/v1.0/me?x=1", "graph.microsoft.com"), ("http://a.test", "a.test"),
        ("https://a.test:8443/", "a.test:8443"), ("http://a.test:443", "a.test:443"),
        ("http://joe:secret@proxy.test:3128", "proxy.test:3128"), ("https://[::1]:8443/", "[::1]:8443"),
        ("a.test/x", nil), ("", nil), ("https://", nil), ("nonsense://a.test", nil),
    ])
    func authority(of url: String, is authority: String?) {
        #expect(URLParts(url)?.authority == authority)
    }
}
