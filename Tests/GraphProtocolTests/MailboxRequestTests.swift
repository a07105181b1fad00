import MailModel
import Testing

@testable import GraphProtocol

@Suite struct MailboxRequestTests {
    static func wire(
        _ call: MailboxRequest.Call = .sendMail(messageLength: 10), mailbox: String = "reports@contoso.com",
        graph: String? = nil
    ) -> WireRequest {
        MailboxRequest(
            call, endpoints: Endpoints(cloud: .global, graph: graph), mailbox: mailbox,
            token: AccessToken(text: "t0ken", expiresIn: .seconds(3600)),
            requestID: "6f9619ff-8b86-d011-b42d-00c04fc964ff", userAgent: "Postern/1.0"
        ).wire
    }

    private static let id = "AAMk_a-b/c+d="
    private static let calls: [(MailboxRequest.Call, WireRequest.Method, String)] = [
        (.sendMail(messageLength: 4), .post, "/sendMail"),
        (.createDraft(messageLength: 4), .post, "/messages"),
        (.createDraftFromJSON(Array("{}".utf8)), .post, "/messages"),
        (.sendDraft(id: id), .post, "/messages/AAMk_a-b%2Fc%2Bd%3D/send"),
        (.look(id: id), .get, "/messages/AAMk_a-b%2Fc%2Bd%3D?$select=id,isDraft"),
        (.attach(id: id, Array("{}".utf8)), .post, "/messages/AAMk_a-b%2Fc%2Bd%3D/attachments"),
        (
            .createUploadSession(id: id, Array("{}".utf8)), .post,
            "/messages/AAMk_a-b%2Fc%2Bd%3D/attachments/createUploadSession"
        ),
        (
            .inspect(id: id, withBody: false), .get,
            "/messages/AAMk_a-b%2Fc%2Bd%3D" + inspected + "&$expand=attachments($select=id,name,size)"
        ),
        (
            .inspect(id: id, withBody: true), .get,
            "/messages/AAMk_a-b%2Fc%2Bd%3D" + inspected + ",body&$expand=attachments($select=id,name,size)"
        ),
        (.deleteDraft(id: id), .delete, "/messages/AAMk_a-b%2Fc%2Bd%3D"),
        (
            .search(messageID: "<it's+1@contoso.com>"), .get,
            "/messages?$filter=internetMessageId%20eq%20%27%3Cit%27%27s%2B1@contoso.com%3E%27"
                + "&$select=id,isDraft,internetMessageHeaders&$top=50"
        ),
    ]

    private static let inspected =
        "?$select=id,isDraft,subject,from,sender,toRecipients,ccRecipients,bccRecipients,internetMessageId,"
        + "internetMessageHeaders,hasAttachments"

    @Test(arguments: calls.indices) func everyCallHasItsPlace(_ index: Int) {
        let (call, method, path) = Self.calls[index]
        let request = Self.wire(call)
        #expect(request.method == method)
        #expect(request.url == "https://graph.microsoft.com/v1.0/users/reports@contoso.com" + path)
        #expect(request.header("Authorization") == "Bearer t0ken")
        #expect(request.header("client-request-id") == "6f9619ff-8b86-d011-b42d-00c04fc964ff")
        #expect(request.header("User-Agent") == "Postern/1.0")
        #expect(!request.bypassesProxy && !"\(request)".contains("t0ken"))
        let isSending = call == .sendMail(messageLength: 4)
        #expect(request.header("Prefer") == (isSending ? nil : "IdType=\"ImmutableId\""))
    }

    @Test(arguments: calls.indices) func bodiesAreTheMessagesOnly(_ index: Int) {
        let (call, _, _) = Self.calls[index]
        let request = Self.wire(call)
        switch call {
        case .sendMail, .createDraft:
            #expect(request.body == .message(length: 8) && request.header("Content-Type") == "text/plain")
            #expect(request.header("Content-Length") == "8")
        case .createDraftFromJSON(let json), .attach(_, let json), .createUploadSession(_, let json):
            #expect(request.body == .bytes(json) && request.header("Content-Type") == "application/json")
        case .sendDraft, .look, .inspect, .deleteDraft, .search:
            #expect(request.body == .none && request.header("Content-Type") == nil)
        }
    }

    @Test(arguments: [(0, 0), (1, 4), (2, 4), (3, 4), (4, 8), (57, 76), (3_000_000, 4_000_000), (3_000_001, 4_000_004)])
    func lengthIsThatOfTheEncodedMessage(_ raw: Int, _ encoded: Int) {
        let request = Self.wire(.sendMail(messageLength: raw))
        #expect(request.header("Content-Length") == String(encoded))
        #expect(request.body == .message(length: encoded))
    }

    @Test func lengthAgreesWithTheEncoder() {
        let message = [UInt8](repeating: 0x41, count: 1000)
        #expect(
            Self.wire(.createDraft(messageLength: 1000)).body == .message(length: Base64.encode(message).utf8.count))
    }

    static let mailboxes = [
        ("reports@contoso.com", "reports@contoso.com"), ("a+b@contoso.com", "a%2Bb@contoso.com"),
        ("o'brien@contoso.com", "o%27brien@contoso.com"), ("jürgen@contoso.com", "j%C3%BCrgen@contoso.com"),
        ("48d31887-5fad-4d73-a9f5-3c356e68a038", "48d31887-5fad-4d73-a9f5-3c356e68a038"), ("a/b@c.d", "a%2Fb@c.d"),
    ]

    @Test(arguments: mailboxes) func mailboxesAreEncodedInThePath(_ mailbox: String, _ segment: String) {
        #expect(Self.wire(mailbox: mailbox).url == "https://graph.microsoft.com/v1.0/users/\(segment)/sendMail")
    }

    @Test func theEmulatorTakesGraphsPlace() {
        let url = Self.wire(graph: "http://127.0.0.1:9/").url
        #expect(url == "http://127.0.0.1:9/v1.0/users/reports@contoso.com/sendMail")
    }
}
