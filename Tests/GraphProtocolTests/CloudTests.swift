import Testing

@testable import GraphProtocol

@Suite struct CloudTests {
    static let table: [(String, String, String, String, String)] = [
        (
            "global", "https://login.microsoftonline.com/t/oauth2/v2.0/token", "https://graph.microsoft.com",
            "https://outlook.office365.com/.default", "smtp.office365.com"
        ),
        (
            "usgov", "https://login.microsoftonline.us/t/oauth2/v2.0/token", "https://graph.microsoft.us",
            "https://outlook.office365.us/.default", "smtp.office365.us"
        ),
        (
            "usgov-dod", "https://login.microsoftonline.us/t/oauth2/v2.0/token", "https://dod-graph.microsoft.us",
            "https://outlook.office365.us/.default", "outlook-dod.office365.us"
        ),
        (
            "china", "https://login.partner.microsoftonline.cn/t/oauth2/v2.0/token",
            "https://microsoftgraph.chinacloudapi.cn", "https://partner.outlook.cn/.default", "smtp.partner.outlook.cn"
        ),
    ]

    @Test(arguments: table)
    func hosts(of name: String, token: String, graph: String, exchange: String, smtp: String) throws {
        let cloud = try #require(Cloud(rawValue: name))
        let endpoints = Endpoints(cloud: cloud)
        #expect(endpoints.tokenURL(tenant: "t") == token)
        #expect(endpoints.graph == graph)
        #expect(cloud.scope(for: .graph) == graph + "/.default")
        #expect(cloud.resource(for: .graph) == graph)
        #expect(cloud.scope(for: .exchangeSMTP) == exchange)
        #expect(cloud.smtpHost == smtp)
    }

    @Test func everyCloudIsInTheTable() {
        #expect(Self.table.map(\.0) == Cloud.allCases.map(\.rawValue))
    }

    @Test func overridesMoveHostsAndNotScopes() {
        let endpoints = Endpoints(cloud: .china, login: "http://127.0.0.1:8080//", graph: "http://[::1]:8081/")
        #expect(endpoints.tokenURL(tenant: "contoso.cn") == "http://127.0.0.1:8080/contoso.cn/oauth2/v2.0/token")
        #expect(endpoints.userURL(mailbox: "a@b.cn") == "http://[::1]:8081/v1.0/users/a@b.cn")
        #expect(endpoints.cloud.scope(for: .graph) == "https://microsoftgraph.chinacloudapi.cn/.default")
        #expect(endpoints.identity == "http://169.254.169.254")
    }

    @Test func tenantsCannotLeaveTheirSegment() {
        #expect(Endpoints(cloud: .global, login: "h").tokenURL(tenant: "../x?") == "h/..%2Fx%3F/oauth2/v2.0/token")
    }

    @Test func rolesFollowTheAudience() {
        #expect(Audience.graph.sendingRole == "Mail.Send")
        #expect(Audience.exchangeSMTP.sendingRole == "SMTP.SendAsApp")
    }
}
