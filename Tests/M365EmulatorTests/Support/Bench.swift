import MailModel
import Testing

@testable import M365Emulator

/// The emulator's state without sockets, on a clock that is moved by hand.
struct Bench {
    static let app = "11111111-1111-1111-1111-111111111111"
    static let mailbox = "reports@contoso.com"
    static let json = ["content-type": "application/json"]
    static let mime = ["content-type": "text/plain"]

    var state: EmulatorState
    var moment = Moment(now: .start, wall: Timestamp(secondsSince1970: 1_795_000_000))
    private var tokenText = ""

    init(_ change: (inout EmulatorConfiguration) -> Void = { _ in }) {
        var configuration = EmulatorConfiguration()
        configuration.seed = 1
        configuration.graph.sentItemsDelay = 0
        change(&configuration)
        state = EmulatorState(configuration)
    }

    mutating func advance(_ span: Duration) {
        moment.now = moment.now + span
        moment.wall = moment.wall + span
    }

    // MARK: Requests

    static func head(_ method: String, _ target: String, _ headers: [String: String] = [:]) -> HTTPHead {
        HTTPHead(method: method, target: target, headers: ["host": "emulator.test"].merging(headers) { $1 })
    }

    /// The whole way of one request that nothing interrupts.
    mutating func deliver(
        _ method: String, _ target: String, _ headers: [String: String] = [:], _ body: [UInt8] = []
    ) -> Delivery {
        let exchange = begin(method, target, headers, length: body.count)
        if let cut = state.interruption(of: exchange, at: moment) { return state.finish(exchange, cut, at: moment) }
        let received: ReceivedBody = body.count > exchange.bodyLimit ? .tooLarge(body.count) : .complete(body)
        return state.finish(exchange, state.perform(exchange, body: received, at: moment), at: moment)
    }

    /// A request that has come and is not answered yet.
    mutating func begin(
        _ method: String, _ target: String, _ headers: [String: String] = [:], length: Int = 0
    ) -> Exchange {
        var headers = headers
        headers["content-length"] = headers["content-length"] ?? "\(length)"
        return state.begin(Self.head(method, target, headers), at: moment)
    }

    mutating func answer(
        _ method: String, _ target: String, _ headers: [String: String] = [:], _ body: String = ""
    ) -> HTTPAnswer {
        guard case .answer(let answer) = deliver(method, target, headers, Array(body.utf8)) else {
            return HTTPAnswer(0)
        }
        return answer
    }

    /// With a good token, and below the users' root: `/reports@contoso.com/sendMail`.
    mutating func graph(
        _ method: String, _ path: String, _ headers: [String: String] = [:], _ body: String = ""
    ) -> HTTPAnswer {
        let fields = headers.merging(authorization()) { own, _ in own }
        return answer(method, "/v1.0/users" + path, fields, body)
    }

    mutating func graph(_ method: String, _ path: String, _ body: JSONValue) -> HTTPAnswer {
        graph(method, path, Self.json, String(decoding: body.encoded, as: UTF8.self))
    }

    mutating func control(_ method: String, _ path: String, _ body: JSONValue = [:]) -> HTTPAnswer {
        let head = Self.head(method, "/_emulator/" + path)
        return state.control(Array(head.segments.dropFirst()), head, body.encoded, at: moment)
    }

    // MARK: Tokens

    static func form(_ changes: [String: String?] = [:]) -> String {
        var fields: [String: String?] = [
            "grant_type": "client_credentials", "client_id": app, "client_secret": "demo-secret",
            "scope": "https://graph.microsoft.com/.default",
        ]
        fields.merge(changes) { $1 }
        return fields.compactMap { key, value in value.map { "\(key)=\(PercentEncoding.encode($0))" } }
            .joined(separator: "&")
    }

    mutating func requestToken(
        _ changes: [String: String?] = [:], tenant: String = "contoso.onmicrosoft.com", headers: [String: String] = [:]
    ) -> HTTPAnswer {
        let fields = ["content-type": "application/x-www-form-urlencoded"].merging(headers) { $1 }
        return answer("POST", "/\(tenant)/oauth2/v2.0/token", fields, Self.form(changes))
    }

    mutating func token(_ scope: String = "https://graph.microsoft.com/.default") -> String {
        requestToken(["scope": scope]).json["access_token"].string ?? ""
    }

    /// One token for all requests of a test.
    mutating func authorization() -> [String: String] {
        if tokenText.isEmpty { tokenText = token() }
        return ["authorization": "Bearer \(tokenText)"]
    }

    mutating func forgetToken() { tokenText = "" }

    // MARK: Messages

    static func message(
        from: String = mailbox, to: String = "a@example.com", extra: String = "", id: String = "<1@contoso.com>"
    ) -> String {
        "From: \(from)\r\nTo: \(to)\r\n\(extra)Subject: Report\r\nMessage-ID: \(id)\r\n"
            + "Date: Sat, 21 Nov 2026 09:30:00 +0000\r\n\r\nHello\r\n"
    }

    static func base64(_ text: String) -> String { Base64.encode(Array(text.utf8)) }

    mutating func sendMIME(_ message: String = message(), from mailbox: String = mailbox) -> HTTPAnswer {
        graph("POST", "/\(mailbox)/sendMail", Self.mime, Self.base64(message))
    }

    static func person(_ address: String) -> JSONValue { ["emailAddress": ["address": .string(address)]] }

    static func draft(to: [String] = ["a@example.com"], _ changes: [String: JSONValue] = [:]) -> JSONValue {
        let message: [String: JSONValue] = [
            "subject": "Report", "body": ["contentType": "Text", "content": "Hello"],
            "toRecipients": .array(to.map(person)), "internetMessageId": "<1@contoso.com>",
        ]
        return .object(message.merging(changes) { $1 })
    }
}

extension HTTPAnswer {
    var json: JSONValue { (try? JSONValue(parsing: body)) ?? .null }
    /// Graph's `error.code`, or Entra's number.
    var code: String {
        json["error"]["code"].string ?? json["error_codes"][0].int.map { "AADSTS\($0)" } ?? json["error"].string ?? ""
    }
}

extension CapturedMessage {
    var text: String { String(decoding: mime, as: UTF8.self) }
}
