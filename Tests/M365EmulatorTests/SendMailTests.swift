import MailModel
import Testing

@testable import M365Emulator

struct SendMailTests {
    private static let path = "/\(Bench.mailbox)/sendMail"

    @Test func acceptsMIMEWithNothingButA202() throws {
        var bench = Bench()
        let answer = bench.sendMIME(
            Bench.message(to: "a@example.com, B@Example.com", extra: "Cc: c@example.com\r\nBcc: d@example.com\r\n"))
        #expect(answer.status == 202)
        #expect(answer.body.isEmpty)
        let message = try #require(bench.state.store.captured.first)
        #expect(message.recipients == ["a@example.com", "B@example.com", "c@example.com", "d@example.com"])
        #expect(!message.text.contains("Bcc"))
        #expect(message.text.hasSuffix("\r\n\r\nHello\r\n"))
        #expect(message.messageID == "<1@contoso.com>")
        #expect(message.requestID == answer["request-id"])
        #expect(message.path == .graph)
    }

    @Test func takesABccAlone() {
        var bench = Bench()
        let message = "From: \(Bench.mailbox)\r\nBcc: x@example.com\r\nSubject: x\r\n\r\nbody"
        #expect(bench.sendMIME(message).status == 202)
        #expect(bench.state.store.captured.first?.recipients == ["x@example.com"])
    }

    @Test func takesBrokenLinesOfBase64() {
        var bench = Bench()
        let text = Bench.base64(Bench.message())
        let wrapped = stride(from: 0, to: text.utf8.count, by: 76).map {
            String(text.dropFirst($0).prefix(76))
        }.joined(separator: "\r\n")
        #expect(bench.graph("POST", Self.path, Bench.mime, wrapped).status == 202)
        #expect(bench.state.store.captured.first?.text == Bench.message())
    }

    static let badBodies = ["", "From: a@b.c", "QUJD-_", "QUJ", "====", Bench.message()]

    @Test(arguments: badBodies) func isStrictAboutBase64(body: String) {
        var bench = Bench()
        let answer = bench.graph("POST", Self.path, Bench.mime, body)
        #expect(answer.status == 400)
        #expect(answer.code == "ErrorMimeContentInvalidBase64String")
        #expect(answer.json["error"]["message"] == "Invalid base64 string for MIME content.")
    }

    @Test func keepsACopyInSentItemsAfterAWhile() {
        var bench = Bench { $0.graph.sentItemsDelay = 3 }
        _ = bench.sendMIME()
        let query = "/\(Bench.mailbox)/messages?$filter=internetMessageId%20eq%20'%3C1@contoso.com%3E'"
        #expect(bench.graph("GET", query).json["value"] == [])
        bench.advance(.seconds(3))
        #expect(bench.graph("GET", query).json["value"][0]["parentFolderId"] == "sentitems")
    }

    @Test func fillsInWhatIsMissing() throws {
        var bench = Bench()
        #expect(bench.sendMIME("To: a@example.com\r\nSubject: =?utf-8?Q?=C3=84?=\r\n\r\nx").status == 202)
        let message = try #require(bench.state.store.captured.first)
        #expect(message.messageID.hasSuffix(".prod.outlook.com>"))
        #expect(message.sender == Bench.mailbox)
        #expect(message.subject == "Ä")
        for name in ["From: ", "Date: ", "Message-ID: "] { #expect(message.text.contains(name)) }
    }

    // MARK: Refusals

    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var message = Bench.message()
        var change: @Sendable (inout EmulatorConfiguration) -> Void = { _ in }
        var status: Int
        var code: String

        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(
            name: "no recipient", message: "From: \(Bench.mailbox)\r\nSubject: x\r\n\r\nbody", status: 400,
            code: "ErrorInvalidRecipients"),
        Case(
            name: "bad recipient", message: Bench.message(to: "a@example.com, nonsense"), status: 400,
            code: "ErrorInvalidRecipients"),
        Case(
            name: "too many recipients", message: Bench.message(to: "a@x.com, b@x.com, c@x.com"),
            change: { $0.limits.recipientsPerMessage = 2 }, status: 400, code: "ErrorExceededMaxRecipientLimit"),
        Case(
            name: "another's From", message: Bench.message(from: "ceo@contoso.com"), status: 403,
            code: "ErrorSendAsDenied"),
        Case(
            name: "Send As", message: Bench.message(from: "ceo@contoso.com"),
            change: { $0.tenants[0].mailboxDefaults.sendAs = ["ceo@contoso.com"] }, status: 202, code: ""),
        Case(
            name: "full mailbox", change: { $0.tenants[0].mailboxDefaults.full = true }, status: 403,
            code: "ErrorQuotaExceeded"),
        Case(
            name: "above the send size", change: { $0.limits.messageBytes = 20 }, status: 413,
            code: "ErrorMessageSizeExceeded"),
    ]

    @Test(arguments: cases) func decides(on one: Case) {
        var bench = Bench(one.change)
        let answer = bench.sendMIME(one.message)
        #expect(answer.status == one.status)
        #expect(answer.code == one.code)
        #expect(bench.state.store.captured.count == (one.status == 202 ? 1 : 0))
    }

    @Test func replacesTheFromWhereToldTo() throws {
        var bench = Bench { $0.graph.mimeFrom = .replace }
        #expect(bench.sendMIME(Bench.message(from: "ceo@contoso.com")).status == 202)
        let message = try #require(bench.state.store.captured.first)
        #expect(message.sender == Bench.mailbox)
        #expect(!message.text.contains("ceo@"))
        #expect(message.text.hasPrefix("From: <\(Bench.mailbox)>\r\nTo: a@example.com\r\n"))
        #expect(message.text.hasSuffix("\r\n\r\nHello\r\n"))
    }

    static let oversize: [(GraphSettings.OversizeAnswer, Int, String)] = [
        (.contentTooLarge, 413, "RequestEntityTooLarge"), (.html, 413, ""), (.badRequest, 400, "BadRequest"),
        (.silent, 200, ""),
    ]

    @Test(arguments: oversize) func refusesAboveFourMegabytes(
        form: GraphSettings.OversizeAnswer, status: Int, code: String
    ) {
        var bench = Bench {
            $0.graph.oversize = form
            $0.limits.requestBytes = 300
        }
        let answer = bench.sendMIME(Bench.message(extra: "X-Long: \(String(repeating: "x", count: 300))\r\n"))
        #expect(answer.status == status)
        #expect(answer.code == code)
        #expect(bench.state.store.captured.isEmpty)
        #expect(bench.sendMIME().status == 202)
    }

    @Test func refusesOtherContent() {
        var bench = Bench()
        #expect(bench.graph("POST", Self.path, ["content-type": "message/rfc822"], "x").status == 415)
    }

    // MARK: JSON

    @Test func acceptsJSON() throws {
        var bench = Bench()
        let message = Bench.draft(
            to: ["a@example.com"],
            [
                "ccRecipients": [Bench.person("c@example.com")], "bccRecipients": [Bench.person("d@example.com")],
                "internetMessageHeaders": [["name": "x-postern-id", "value": "42"]],
            ])
        #expect(bench.graph("POST", Self.path, ["message": message]).status == 202)
        let sent = try #require(bench.state.store.captured.first)
        #expect(sent.recipients == ["a@example.com", "c@example.com", "d@example.com"])
        #expect(sent.messageID == "<1@contoso.com>")
        #expect(sent.text.contains("x-postern-id: 42\r\n"))
        #expect(!sent.text.contains("d@example.com"))
    }

    @Test(arguments: [(true, 1), (false, 0), ("false", 0)] as [(JSONValue, Int)])
    func keepsACopyOnlyIfAsked(saves: JSONValue, copies: Int) {
        var bench = Bench()
        _ = bench.graph("POST", Self.path, ["Message": Bench.draft(), "SaveToSentItems": saves])
        #expect(bench.graph("GET", "/\(Bench.mailbox)/messages").json["value"].array?.count == copies)
        #expect(bench.state.store.captured.count == 1)
    }

    static let badJSON: [(body: JSONValue, code: String)] = [
        (["subject": "x"], "RequestBodyRead"),
        (["message": Bench.draft(to: [])], "ErrorInvalidRecipients"),
        (["message": Bench.draft(to: ["nonsense"])], "ErrorInvalidRecipients"),
        (
            ["message": Bench.draft(["internetMessageHeaders": [["name": "In-Reply-To", "value": "x"]]])],
            "InvalidInternetMessageHeader"
        ),
        (
            [
                "message": Bench.draft([
                    "internetMessageHeaders": .array((1...6).map { ["name": "x-\($0)", "value": "x"] })
                ])
            ], "InvalidInternetMessageHeaderCollection"
        ),
        (["message": Bench.draft(["from": Bench.person("ceo@contoso.com")])], "ErrorSendAsDenied"),
        (["message": Bench.draft(["attachments": [["name": "x"]]])], "RequestBodyRead"),
    ]

    @Test(arguments: badJSON) func refusesJSON(body: JSONValue, code: String) {
        var bench = Bench()
        #expect(bench.graph("POST", Self.path, body).code == code)
        #expect(bench.state.store.captured.isEmpty)
    }

    @Test func refusesWhatIsNoJSON() {
        var bench = Bench()
        #expect(bench.graph("POST", Self.path, Bench.json, "{").code == "RequestBodyRead")
    }
}
