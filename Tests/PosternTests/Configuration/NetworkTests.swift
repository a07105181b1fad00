import Postern
import Testing

@Suite struct NetworkTests {
    static let table: [(network: String, address: String, inside: Bool)] = [
        ("127.0.0.0/8", "127.0.0.1", true), ("127.0.0.0/8", "127.255.255.255", true),
        ("127.0.0.0/8", "128.0.0.1", false),
        ("10.1.0.0/20", "10.1.15.255", true), ("10.1.0.0/20", "10.1.16.0", false), ("192.168.1.7", "192.168.1.7", true),
        ("192.168.1.7", "192.168.1.8", false), ("0.0.0.0/0", "203.0.113.9", true), ("0.0.0.0/0", "::1", false),
        ("::1/128", "::1", true), ("::1/128", "::2", false), ("2001:db8::/33", "2001:db8:7fff::1", true),
        ("2001:db8::/33", "2001:db8:8000::1", false), ("fe80::/10", "fe80::1%eth0", true),
        ("127.0.0.0/8", "::ffff:127.0.0.1", true), ("::/0", "2001:db8::1", true),
    ]

    @Test(arguments: table) func containment(_ row: (network: String, address: String, inside: Bool)) throws {
        let network = try #require(Network(row.network))
        #expect(network.contains(try #require(IPAddress(row.address))) == row.inside)
        #expect(network.description == row.network)
    }

    @Test(arguments: [
        "", "localhost", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0/8", "10.0.0.0/x", "::1/129", "1::2::3", "12345::",
        "10.0.0.256",
    ])
    func refuses(_ text: String) { #expect(Network(text) == nil) }

    @Test(arguments: [
        ("127.0.0.1:2525", "127.0.0.1", 2525), ("[::1]:25", "::1", 25), ("0.0.0.0:0", "0.0.0.0", 0),
        ("[2001:db8::5]:587", "2001:db8::5", 587),
    ])
    func listenAddresses(_ text: String, _ host: String, _ port: Int) throws {
        let address = try #require(ListenAddress(text))
        #expect(address.host == host)
        #expect(address.port == port)
        #expect(address.description == text)
    }

    @Test(arguments: [
        "", "2525", ":2525", "localhost:25", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "::1:25", "[127.0.0.1]:25",
        "[::1]",
    ])
    func noListenAddress(_ text: String) { #expect(ListenAddress(text) == nil) }
}
