import MailModel
import Testing

@testable import M365Emulator

struct AuthorizationTests {
    static let bad: [(header: String?, message: String)] = [
        (nil, "Access token is empty."), ("Bearer nonsense", "IDX14100"), ("Basic abc", "Access token is empty."),
    ]

    @Test(arguments: bad) func wantsAToken(header: String?, message: String) {
        var bench = Bench()
        let headers = header.map { ["authorization": $0] } ?? [:]
        let answer = bench.answer("POST", "/v1.0/users/\(Bench.mailbox)/sendMail", headers)
        #expect(answer.status == 401)
        #expect(answer.code == "InvalidAuthenticationToken")
        #expect(answer.json["error"]["message"].string?.hasPrefix(message) == true)
        #expect(answer["WWW-Authenticate"]?.hasPrefix("Bearer ") == true)
    }

    @Test func refusesExchangesToken() {
        var bench = Bench()
        let token = bench.token("https://outlook.office365.com/.default")
        let answer = bench.answer("GET", "/v1.0/users/a@contoso.com/messages", ["authorization": "Bearer \(token)"])
        #expect(answer.status == 401)
    }

    @Test func saysThatATokenHasExpired() {
        var bench = Bench()
        _ = bench.sendMIME()
        bench.advance(.seconds(6000))
        let answer = bench.sendMIME()
        #expect(answer.status == 401)
        #expect(answer.json["error"]["message"] == "Lifetime validation failed, the token is expired.")
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var user = Bench.mailbox
        var change: @Sendable (inout EmulatorConfiguration) -> Void = { _ in }
        var status: Int
        var code: String

        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(name: "unknown user", user: "a@fabrikam.com", status: 404, code: "ErrorInvalidUser"),
        Case(
            name: "no role", change: { $0.tenants[0].apps[0].graphRoles = ["Mail.Read"] }, status: 403,
            code: "ErrorAccessDenied"),
        Case(
            name: "outside the scope",
            change: {
                $0.tenants[0].apps[0].graphRoles = []
                $0.tenants[0].apps[0].scopedRoles = ["Mail.Send"]
                $0.tenants[0].apps[0].scope = ["other@contoso.com"]
            }, status: 403, code: "ErrorAccessDenied"),
        Case(
            name: "inside the scope",
            change: {
                $0.tenants[0].apps[0].graphRoles = []
                $0.tenants[0].apps[0].scopedRoles = ["Mail.Send"]
                $0.tenants[0].apps[0].scope = ["*@contoso.com"]
            }, status: 202, code: ""),
        Case(
            name: "denied by policy", change: { $0.tenants[0].apps[0].deniedMailboxes = [Bench.mailbox] }, status: 403,
            code: "ErrorAccessDenied"),
        Case(
            name: "no licence", change: { $0.tenants[0].mailboxDefaults.licensed = false }, status: 404,
            code: "MailboxNotEnabledForRESTAPI"),
    ]

    @Test(arguments: cases) func decides(on one: Case) {
        var bench = Bench(one.change)
        let answer = bench.sendMIME(Bench.message(), from: one.user)
        #expect(answer.status == one.status)
        #expect(answer.code == one.code)
    }

    static let permissions: [(role: String, send: Int, draft: Int, query: Int)] = [
        ("Mail.Send", 202, 403, 403), ("Mail.ReadWrite", 403, 201, 200), ("Mail.Read", 403, 403, 200),
        ("Mail.ReadBasic.All", 403, 403, 200), ("User.Read", 403, 403, 403),
    ]

    @Test(arguments: permissions) func eachCallWantsItsRole(role: String, send: Int, draft: Int, query: Int) {
        var bench = Bench { $0.tenants[0].apps[0].graphRoles = [role] }
        #expect(bench.sendMIME().status == send)
        #expect(bench.graph("POST", "/\(Bench.mailbox)/messages", Bench.draft()).status == draft)
        #expect(bench.graph("GET", "/\(Bench.mailbox)/messages").status == query)
    }

    /// What every answer of Graph carries.
    @Test func decoratesItsAnswers() {
        var bench = Bench()
        let headers = Bench.mime.merging(["client-request-id": "mine"]) { $1 }
        let first = bench.graph("POST", "/\(Bench.mailbox)/sendMail", headers, Bench.base64(Bench.message()))
        let second = bench.graph("GET", "/nobody@fabrikam.com/messages")
        #expect(first["client-request-id"] == "mine")
        #expect(first["Date"] == "Wed, 18 Nov 2026 11:06:40 GMT")
        #expect(first["x-ms-ags-diagnostic"] != nil)
        #expect(first["request-id"] != second["request-id"])
        #expect(second.json["error"]["innerError"]["request-id"].string == second["request-id"])
        #expect(second.json["error"]["innerError"]["date"] == "2026-11-18T11:06:40")
    }

    @Test(arguments: [("GET", "/me/messages"), ("POST", "/users/a@contoso.com/calendar")])
    func knowsNothingElse(method: String, path: String) {
        var bench = Bench()
        #expect(bench.answer(method, "/v1.0" + path, bench.authorization()).status == 404)
    }
}
