import Testing

@testable import M365Emulator

struct PercentEncodingTests {
    @Test(arguments: [
        ("a%20b", false, "a b"), ("a+b", true, "a b"), ("a+b", false, "a+b"), ("%3Cx%3E", false, "<x>"),
        ("100%", false, "100%"),
        ("%zz", false, "%zz"), ("%C3%A4", true, "ä"), ("", true, ""),
    ])
    func decodes(text: String, plusIsSpace: Bool, result: String) {
        #expect(PercentEncoding.decode(text, plusIsSpace: plusIsSpace) == result)
    }

    @Test(arguments: ["a b", "<1@x>", "ä+ö=ü&", "plain-._~", "100%"]) func comesBack(text: String) {
        #expect(PercentEncoding.decode(PercentEncoding.encode(text), plusIsSpace: true) == text)
    }

    @Test func readsForms() {
        #expect(PercentEncoding.form("a=1&b=x%26y&c&d=1=2") == ["a": "1", "b": "x&y", "c": "", "d": "1=2"])
    }
}

struct HTTPHeadTests {
    @Test func splitsItsTarget() {
        let head = Bench.head("get", "/v1.0/users/a%40x.com/messages?$filter=a%20eq%20'b'&$top=1")
        #expect(head.method == "GET")
        #expect(head.segments == ["v1.0", "users", "a@x.com", "messages"])
        #expect(head.query == ["$filter": "a eq 'b'", "$top": "1"])
    }

    @Test(arguments: [
        ("application/json; charset=utf-8", "application/json"), ("Text/Plain", "text/plain"), ("", ""),
    ])
    func knowsTheMediaType(field: String, type: String) {
        #expect(Bench.head("POST", "/", ["content-type": field]).mediaType == type)
    }

    @Test(arguments: [("Bearer abc", "abc"), ("bearer  abc", "abc"), ("Basic abc", nil)] as [(String, String?)])
    func readsTheBearerToken(field: String, token: String?) {
        #expect(Bench.head("GET", "/", ["authorization": field]).bearerToken == token)
    }

    @Test(arguments: [("IdType=\"ImmutableId\"", true), ("return=minimal", false)])
    func readsThePreference(field: String, isImmutable: Bool) {
        #expect(Bench.head("GET", "/", ["prefer": field]).prefersImmutableIDs == isImmutable)
    }

    @Test func anAnswersFieldReplacesItsNamesake() {
        var answer = HTTPAnswer(200, fields: [("Retry-After", "1"), ("X", "y")])
        answer.set("retry-after", "2")
        #expect(answer["Retry-After"] == "2")
        #expect(answer.fields.count == 2)
    }
}

struct RouteTests {
    static let table: [(String, String, Route)] = [
        ("POST", "/contoso.com/oauth2/v2.0/token", .token(tenant: "contoso.com")),
        ("GET", "/metadata/identity/oauth2/token?api-version=2018-02-01", .managedIdentity),
        ("POST", "/v1.0/users/a@x.com/sendMail", .mailbox(user: "a@x.com", .sendMail)),
        ("POST", "/v1.0/users/a@x.com/microsoft.graph.sendMail", .mailbox(user: "a@x.com", .sendMail)),
        ("POST", "/beta/users/a@x.com/messages", .mailbox(user: "a@x.com", .createDraft)),
        ("GET", "/v1.0/users/a@x.com/messages", .mailbox(user: "a@x.com", .list(folder: nil))),
        (
            "GET", "/v1.0/users/a@x.com/mailFolders/sentitems/messages",
            .mailbox(user: "a@x.com", .list(folder: "sentitems"))
        ),
        ("GET", "/v1.0/users/a@x.com/messages/m1", .mailbox(user: "a@x.com", .read(id: "m1"))),
        ("DELETE", "/v1.0/users/a@x.com/messages/m1", .mailbox(user: "a@x.com", .delete(id: "m1"))),
        ("POST", "/v1.0/users/a@x.com/messages/m1/send", .mailbox(user: "a@x.com", .send(id: "m1"))),
        ("POST", "/v1.0/users/a@x.com/messages/m1/attachments", .mailbox(user: "a@x.com", .attach(id: "m1"))),
        (
            "POST", "/v1.0/users/a@x.com/messages/m1/attachments/createUploadSession",
            .mailbox(user: "a@x.com", .createUploadSession(id: "m1"))
        ),
        ("PUT", "/api/v1.0/Users('u')/Messages('m')/AttachmentSessions('S1')?authtoken=x", .upload(session: "S1")),
        ("GET", "/_emulator/messages/3/mime", .control(["messages", "3", "mime"])),
        ("GET", "/v1.0/users/a@x.com/sendMail", .unknown),
        ("PUT", "/v1.0/users/a@x.com/messages", .unknown),
        ("POST", "/v1.0/me/sendMail", .unknown),
        ("GET", "/", .unknown),
    ]

    @Test(arguments: table) func reads(method: String, target: String, route: Route) {
        #expect(Route(Bench.head(method, target)) == route)
    }
}
