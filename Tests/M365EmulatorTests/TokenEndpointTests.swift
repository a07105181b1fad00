import MailModel
import Testing

@testable import M365Emulator

struct TokenEndpointTests {
    @Test func issuesATokenWithTheClaimsOfAnAppOnlyToken() throws {
        var bench = Bench()
        let answer = bench.requestToken()
        #expect(answer.status == 200)
        #expect(answer.json["token_type"] == "Bearer")
        let lifetime = try #require(answer.json["expires_in"].int)
        #expect(3600...5400 ~= lifetime)
        #expect(answer.json["refresh_in"].isNull)
        let token = try #require(JSONWebToken(answer.json["access_token"].string ?? ""))
        #expect(token.claims["aud"] == "https://graph.microsoft.com")
        #expect(token.claims["iss"] == "https://sts.windows.net/22222222-2222-2222-2222-222222222222/")
        #expect(token.claims["appid"] == .string(Bench.app))
        #expect(token.claims["appidacr"] == "1")
        #expect(token.claims["idtyp"] == "app")
        #expect(token.claims["oid"] == token.claims["sub"])
        #expect(token.claims["roles"] == ["Mail.Send", "Mail.ReadWrite"])
        #expect(token.claims["ver"] == "1.0")
        #expect(token.claims["exp"].int == Int(bench.moment.wall.seconds) + lifetime)
    }

    @Test func eachResourceHasItsOwnAudienceAndRoles() throws {
        var bench = Bench()
        let token = try #require(JSONWebToken(bench.token("https://outlook.office365.com/.default")))
        #expect(token.claims["aud"] == "https://outlook.office365.com")
        #expect(token.claims["roles"] == ["SMTP.SendAsApp"])
    }

    @Test func leavesRolesOutWhereNoneIsConsented() throws {
        var bench = Bench { $0.tenants[0].apps[0].graphRoles = [] }
        let token = try #require(JSONWebToken(bench.token()))
        #expect(token.claims["roles"].isNull)
    }

    @Test func tokensAreAsItIsConfigured() {
        var bench = Bench {
            $0.tokens.minimumLifetime = 5
            $0.tokens.maximumLifetime = 5
            $0.tokens.refreshIn = 2
        }
        let answer = bench.requestToken()
        #expect(answer.json["expires_in"] == 5)
        #expect(answer.json["refresh_in"] == 2)
        #expect(bench.state.tokens.issued == 1)
    }

    @Test func takesHTTPBasic() {
        var bench = Bench()
        let basic = "Basic " + Bench.base64("\(Bench.app):demo%2Dsecret")
        let answer = bench.requestToken(
            ["client_id": nil, "client_secret": nil], headers: ["authorization": basic])
        #expect(answer.status == 200)
    }

    static let refusals: [(changes: [String: String?], tenant: String, status: Int, error: String, code: Int)] = [
        ([:], "fabrikam.com", 400, "invalid_request", 90002),
        ([:], "common", 400, "invalid_request", 9_001_023),
        (["grant_type": nil], "contoso.com", 400, "invalid_request", 900144),
        (["grant_type": "password"], "contoso.com", 400, "unsupported_grant_type", 70003),
        (["client_id": nil], "contoso.com", 400, "invalid_request", 900144),
        (["client_id": "33333333-3333-3333-3333-333333333333"], "contoso.com", 400, "unauthorized_client", 700016),
        (["client_secret": nil], "contoso.com", 401, "invalid_client", 7_000_218),
        (["client_secret": "wrong"], "contoso.com", 401, "invalid_client", 7_000_215),
        (["client_secret": "old"], "contoso.com", 401, "invalid_client", 7_000_222),
        (["scope": nil], "contoso.com", 400, "invalid_request", 900144),
        (["scope": "Mail.Send"], "contoso.com", 400, "invalid_scope", 1_002_012),
        (["scope": "https://graph.microsoft.com/Mail.Send"], "contoso.com", 400, "invalid_scope", 1_002_012),
        (["scope": "https://a/.default https://b/.default"], "contoso.com", 400, "invalid_scope", 70011),
        (["scope": "https://nothing.example/.default"], "contoso.com", 400, "invalid_resource", 500011),
        (["resource": "https://graph.microsoft.com"], "contoso.com", 400, "invalid_request", 901002),
        (["client_assertion": "x", "client_secret": nil], "contoso.com", 400, "invalid_request", 900144),
    ]

    @Test(arguments: refusals) func refuses(
        changes: [String: String?], tenant: String, status: Int, error: String, code: Int
    ) {
        var bench = Bench { $0.tenants[0].apps[0].secrets.append(.init(value: "old", expires: "2026-01-01")) }
        let answer = bench.requestToken(changes, tenant: tenant)
        #expect(answer.status == status)
        #expect(answer.json["error"].string == error)
        #expect(answer.json["error_codes"][0].int == code)
        #expect(answer.json["error_description"].string?.hasPrefix("AADSTS\(code): ") == true)
        for part in ["Trace ID: ", "Correlation ID: ", "Timestamp: 2026-11-18 11:06:40Z"] {
            #expect(answer.json["error_description"].string?.contains(part) == true)
        }
        #expect(bench.state.tokens.issued == 0)
    }

    @Test func aBodyThatIsNoFormHasNoParameters() {
        var bench = Bench()
        #expect(bench.requestToken(headers: ["content-type": "application/json"]).code == "AADSTS900144")
    }

    @Test func aDisabledAppGetsNone() {
        var bench = Bench { $0.tenants[0].apps[0].enabled = false }
        #expect(bench.requestToken().code == "AADSTS7000112")
    }
}

struct ManagedIdentityTests {
    static let path = "/metadata/identity/oauth2/token"
    static let query = "?api-version=2018-02-01&resource=https%3A%2F%2Fgraph.microsoft.com"

    @Test func answersInTexts() {
        var bench = Bench()
        let answer = bench.answer("GET", Self.path + Self.query, ["metadata": "true"])
        #expect(answer.status == 200)
        for key in [
            "access_token", "expires_in", "expires_on", "not_before", "resource", "token_type", "refresh_token",
        ] {
            #expect(answer.json[key].string != nil, "\(key)")
        }
        let token = answer.json["access_token"].string ?? ""
        #expect(
            bench.answer("GET", "/v1.0/users/a@contoso.com/messages", ["authorization": "Bearer \(token)"]).status
                == 200)
    }

    static let refusals: [(query: String, headers: [String: String], error: String)] = [
        (query, [:], "bad_request_102"),
        ("?resource=https%3A%2F%2Fgraph.microsoft.com", ["metadata": "true"], "bad_request_100"),
        ("?api-version=2018-02-01&resource=x", ["metadata": "true"], "invalid_resource"),
        (query + "&client_id=nobody", ["metadata": "true"], "invalid_request"),
    ]

    @Test(arguments: refusals) func refuses(query: String, headers: [String: String], error: String) {
        var bench = Bench()
        let answer = bench.answer("GET", Self.path + query, headers)
        #expect(answer.status == 400)
        #expect(answer.code == error)
    }
}
