import MailModel
import Testing

@testable import M365Emulator

struct DraftTests {
    private static let messages = "/\(Bench.mailbox)/messages"
    private static let immutable = ["prefer": "IdType=\"ImmutableId\""]

    private static func create(_ bench: inout Bench, _ headers: [String: String] = [:]) -> String {
        let body = String(decoding: Bench.draft().encoded, as: UTF8.self)
        return bench.graph("POST", messages, Bench.json.merging(headers) { $1 }, body).json["id"].string ?? ""
    }

    @Test func isCreatedSentAndGone() {
        var bench = Bench()
        let answer = bench.graph("POST", Self.messages, Bench.draft())
        #expect(answer.status == 201)
        #expect(answer.json["isDraft"] == true)
        #expect(answer.json["internetMessageId"] == "<1@contoso.com>")
        let id = answer.json["id"].string ?? ""
        #expect(bench.state.store.captured.isEmpty)
        #expect(bench.graph("POST", Self.messages + "/\(id)/send").status == 202)
        #expect(bench.state.store.captured.count == 1)
        let again = bench.graph("POST", Self.messages + "/\(id)/send")
        #expect(again.status == 404)
        #expect(again.code == "ErrorItemNotFound")
        #expect(bench.state.store.captured.count == 1)
    }

    @Test func aMIMEDraftIsSentAsItCame() {
        var bench = Bench()
        let answer = bench.graph("POST", Self.messages, Bench.mime, Bench.base64(Bench.message()))
        #expect(answer.status == 201)
        _ = bench.graph("POST", Self.messages + "/\(answer.json["id"].string ?? "")/send")
        #expect(bench.state.store.captured.first?.text == Bench.message())
    }

    @Test func anImmutableIdLeadsToTheSentCopy() {
        var bench = Bench { $0.graph.sentItemsDelay = 2 }
        let id = Self.create(&bench, Self.immutable)
        _ = bench.graph("POST", Self.messages + "/\(id)/send")
        #expect(bench.graph("GET", Self.messages + "/\(id)").status == 404)
        bench.advance(.seconds(2))
        let copy = bench.graph("GET", Self.messages + "/\(id)", Self.immutable)
        #expect(copy.json["isDraft"] == false)
        #expect(copy.json["parentFolderId"] == "sentitems")
        #expect(copy.json["id"].string == id)
    }

    @Test func anOrdinaryIdChangesWithTheFolder() {
        var bench = Bench()
        let id = Self.create(&bench)
        #expect(bench.graph("GET", Self.messages + "/\(id)").status == 200)
        _ = bench.graph("POST", Self.messages + "/\(id)/send")
        #expect(bench.graph("GET", Self.messages + "/\(id)").status == 404)
    }

    @Test func aDeletedDraftCannotBeSent() {
        var bench = Bench()
        let id = Self.create(&bench)
        #expect(bench.graph("DELETE", Self.messages + "/\(id)").status == 204)
        #expect(bench.graph("POST", Self.messages + "/\(id)/send").code == "ErrorItemNotFound")
        #expect(bench.graph("DELETE", Self.messages + "/\(id)").status == 404)
    }

    @Test func takesAttachments() {
        var bench = Bench()
        let id = Self.create(&bench)
        let file: JSONValue = [
            "@odata.type": "#microsoft.graph.fileAttachment", "name": "a.txt", "contentBytes": "QUJD",
        ]
        let answer = bench.graph("POST", Self.messages + "/\(id)/attachments", file)
        #expect(answer.status == 201)
        #expect(answer.json["size"] == 3)
        _ = bench.graph("POST", Self.messages + "/\(id)/send")
        #expect(bench.state.store.captured.first?.text.contains("\r\n\r\nQUJD\r\n") == true)
    }

    @Test func aMIMEDraftTakesNone() {
        var bench = Bench()
        let answer = bench.graph("POST", Self.messages, Bench.mime, Bench.base64(Bench.message()))
        let file: JSONValue = [
            "@odata.type": "#microsoft.graph.fileAttachment", "name": "a.txt", "contentBytes": "QUJD",
        ]
        let id = answer.json["id"].string ?? ""
        #expect(bench.graph("POST", Self.messages + "/\(id)/attachments", file).status == 400)
    }

    @Test func belongsToItsMailbox() {
        var bench = Bench()
        let id = Self.create(&bench)
        #expect(bench.graph("POST", "/other@contoso.com/messages/\(id)/send").status == 404)
    }
}

struct UploadTests {
    private static let messages = "/\(Bench.mailbox)/messages"
    private static let size = 3_000_001

    /// - Returns: the draft's id and the path of the session.
    private static func open(
        _ bench: inout Bench, size: Int = size, _ changes: [String: JSONValue] = [:]
    ) -> (id: String, answer: HTTPAnswer) {
        let id = bench.graph("POST", messages, Bench.draft()).json["id"].string ?? ""
        let item: [String: JSONValue] = ["attachmentType": "file", "name": "big.bin", "size": .number(size)]
        let body: JSONValue = ["AttachmentItem": .object(item.merging(changes) { $1 })]
        return (id, bench.graph("POST", messages + "/\(id)/attachments/createUploadSession", body))
    }

    private static func path(_ answer: HTTPAnswer) -> String {
        String((answer.json["uploadUrl"].string ?? "").dropFirst("http://emulator.test".count))
    }

    private static func put(_ bench: inout Bench, _ path: String, _ range: Range<Int>, of total: Int = size)
        -> HTTPAnswer
    {
        let field = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(total)"
        return bench.answer("PUT", path, ["content-range": field], String(repeating: "x", count: range.count))
    }

    @Test func takesAnAttachmentInPieces() throws {
        var bench = Bench()
        let (id, opened) = Self.open(&bench)
        #expect(opened.status == 201)
        #expect(opened.json["nextExpectedRanges"] == ["0-"])
        let path = Self.path(opened)
        let first = Self.put(&bench, path, 0..<2_000_000)
        #expect(first.status == 200)
        #expect(first.json["NextExpectedRanges"] == ["2000000"])
        let last = Self.put(&bench, path, 2_000_000..<Self.size)
        #expect(last.status == 201)
        #expect(last["Location"]?.contains("/Attachments('") == true)
        #expect(last.body.isEmpty)
        #expect(bench.graph("POST", Self.messages + "/\(id)/send").status == 202)
        let sent = try #require(bench.state.store.captured.first)
        #expect(sent.mime.count > 4_000_000)
        #expect(sent.text.contains("filename=\"big.bin\""))
    }

    @Test func tellsWhereItStands() {
        var bench = Bench()
        let path = Self.path(Self.open(&bench).answer)
        _ = Self.put(&bench, path, 0..<100)
        #expect(bench.answer("GET", path).json["NextExpectedRanges"] == ["100"])
        #expect(bench.answer("DELETE", path).status == 204)
        #expect(bench.answer("GET", path).status == 404)
    }

    /// However much has come.
    @Test func aSessionEnds() {
        var bench = Bench { $0.graph.uploadLifetime = 10 }
        let path = Self.path(Self.open(&bench).answer)
        bench.advance(.seconds(9))
        #expect(Self.put(&bench, path, 0..<100).status == 200)
        bench.advance(.seconds(1))
        #expect(Self.put(&bench, path, 100..<200).code == "ErrorItemNotFound")
        #expect(bench.answer("GET", path).status == 404)
    }

    @Test func propertiesThatAreFieldsBecomeSome() throws {
        var bench = Bench()
        let draft: JSONValue = [
            "toRecipients": [["emailAddress": ["address": "a@example.org"]]], "isReadReceiptRequested": true,
            "singleValueExtendedProperties": [
                ["id": "String 0x1042", "value": "<0@x>"], ["id": "String 0x1039", "value": "<a@x> <0@x>"],
                ["id": "Integer 0x0036", "value": "2"], ["id": "String 0x9999", "value": "no"],
            ],
        ]
        let id = bench.graph("POST", Self.messages, draft).json["id"].string ?? ""
        #expect(bench.graph("POST", Self.messages + "/\(id)/send").status == 202)
        let text = try #require(bench.state.store.captured.first).text
        for line in [
            "In-Reply-To: <0@x>", "References: <a@x> <0@x>", "Sensitivity: Private",
            "Disposition-Notification-To: <\(Bench.mailbox)>",
        ] { #expect(text.contains(line + "\r\n"), "\(line) in \(text)") }
        #expect(!text.contains("no\r\n"))
    }

    static let refusals: [(size: Int, changes: [String: JSONValue], status: Int, code: String)] = [
        (2_999_999, [:], 400, "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize"),
        (150_000_001, [:], 413, "ErrorAttachmentSizeLimitExceeded"),
        (size, ["attachmentType": "item"], 405, "ErrorAttachmentSessionIsSupportedOnlyForFileAttachments"),
        (size, ["size": nil], 400, "RequestBodyRead"),
    ]

    @Test(arguments: refusals) func refusesASession(size: Int, changes: [String: JSONValue], status: Int, code: String)
    {
        var bench = Bench()
        let answer = Self.open(&bench, size: size, changes).answer
        #expect(answer.status == status)
        #expect(answer.code == code)
    }

    @Test(arguments: [(100..<200, size), (0..<100, size + 1), (0..<0, size)])
    func refusesARangeOutOfOrder(range: Range<Int>, total: Int) {
        var bench = Bench()
        let path = Self.path(Self.open(&bench).answer)
        #expect(Self.put(&bench, path, range, of: total).status == 416)
    }

    @Test func refusesARangeThatIsNotTheBody() {
        var bench = Bench()
        let path = Self.path(Self.open(&bench).answer)
        #expect(bench.answer("PUT", path, ["content-range": "bytes 0-9/\(Self.size)"], "short").status == 416)
        #expect(bench.answer("PUT", path, [:], "short").status == 416)
    }

    /// The URL carries its own credential, and takes no other.
    @Test func wantsNoBearer() {
        var bench = Bench()
        let path = Self.path(Self.open(&bench).answer)
        let refused = bench.answer("PUT", path, bench.authorization(), "x")
        #expect(refused.status == 401)
        #expect(refused.json["error"]["message"].string?.hasPrefix("The audience claim value is invalid") == true)
        #expect(bench.answer("PUT", String(path.dropLast(3)), [:], "x").status == 404)
    }
}
