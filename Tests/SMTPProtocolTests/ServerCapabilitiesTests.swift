import SMTPProtocol
import Testing

@Suite struct ServerCapabilitiesTests {
    @Test func readsExchange() {
        let capabilities = ServerCapabilities(lines: [
            "X.outlook.test Hello", "SIZE 157286400", "PIPELINING", "DSN", "ENHANCEDSTATUSCODES",
            "AUTH LOGIN XOAUTH2", "8BITMIME",
            "BINARYMIME", "CHUNKING", "SMTPUTF8",
        ])
        #expect(capabilities.size == 157_286_400)
        #expect(capabilities.announcesSize)
        #expect(capabilities.pipelining)
        #expect(capabilities.eightBitMIME)
        #expect(capabilities.smtpUTF8)
        #expect(capabilities.chunking)
        #expect(!capabilities.startTLS)
        #expect(capabilities.mechanisms == ["LOGIN", "XOAUTH2"])
    }

    @Test func theFirstLineIsNoCapability() {
        #expect(ServerCapabilities(lines: ["PIPELINING"]) == ServerCapabilities())
        #expect(ServerCapabilities(lines: []) == ServerCapabilities())
    }

    static let sizeLines: [(String, Bool, Int?)] = [
        ("SIZE", true, nil), ("SIZE 0", true, nil), ("size 5", true, 5), ("SIZE many", true, nil),
        ("SIZES 5", false, nil),
    ]

    @Test(arguments: sizeLines)
    func sizes(_ line: String, _ announces: Bool, _ size: Int?) {
        let capabilities = ServerCapabilities(lines: ["x", line])
        #expect(capabilities.announcesSize == announces)
        #expect(capabilities.size == size)
    }

    @Test func oldWaysToWriteAUTH() {
        let capabilities = ServerCapabilities(lines: ["x", "auth login plain", "AUTH=LOGIN"])
        #expect(capabilities.mechanisms == ["LOGIN", "PLAIN"])
    }
}
