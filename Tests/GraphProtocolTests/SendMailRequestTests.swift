import MailModel
import Testing

@testable import GraphProtocol

@Suite struct SendMailRequestTests {
    func wire(mailbox: String = "reports@contoso.com", length: Int = 10, graph: String? = nil) -> WireRequest {
        SendMailRequest(
            endpoints: Endpoints(cloud: .global, graph: graph), mailbox: mailbox,
            token: AccessToken(text: "t0ken", expiresIn: .seconds(3600)), messageLength: length,
            requestID: "6f9619ff-8b86-d011-b42d-00c04fc964ff", userAgent: "Postern/1.0"
        ).wire
    }

    @Test func headersSayAllThatTheMessageDoesNot() {
        let request = wire()
        #expect(request.method == .post)
        #expect(request.header("Authorization") == "Bearer t0ken")
        #expect(request.header("Content-Type") == "text/plain")
        #expect(request.header("client-request-id") == "6f9619ff-8b86-d011-b42d-00c04fc964ff")
        #expect(request.header("User-Agent") == "Postern/1.0")
        #expect(!request.bypassesProxy)
        #expect(!"\(request)".contains("t0ken"))
    }

    @Test(arguments: [(0, 0), (1, 4), (2, 4), (3, 4), (4, 8), (57, 76), (3_000_000, 4_000_000), (3_000_001, 4_000_004)])
    func lengthIsThatOfTheEncodedMessage(_ raw: Int, _ encoded: Int) {
        let request = wire(length: raw)
        #expect(request.header("Content-Length") == String(encoded))
        #expect(request.body == .message(length: encoded))
    }

    @Test func lengthAgreesWithTheEncoder() {
        let message = [UInt8](repeating: 0x41, count: 1000)
        #expect(wire(length: 1000).body == .message(length: Base64.encode(message).utf8.count))
    }

    static let mailboxes = [
        ("reports@contoso.com", "reports@contoso.com"), ("a+b@contoso.com", "a%2Bb@contoso.com"),
        ("o'brien@contoso.com", "o%27brien@contoso.com"), ("jürgen@contoso.com", "j%C3%BCrgen@contoso.com"),
        ("48d31887-5fad-4d73-a9f5-3c356e68a038", "48d31887-5fad-4d73-a9f5-3c356e68a038"), ("a/b@c.d", "a%2Fb@c.d"),
    ]

    @Test(arguments: mailboxes) func mailboxesAreEncodedInThePath(_ mailbox: String, _ segment: String) {
        #expect(wire(mailbox: mailbox).url == "https://graph.microsoft.com/v1.0/users/\(segment)/sendMail")
    }

    @Test func theEmulatorTakesGraphsPlace() {
        #expect(wire(graph: "http://127.0.0.1:9/").url == "http://127.0.0.1:9/v1.0/users/reports@contoso.com/sendMail")
    }
}
