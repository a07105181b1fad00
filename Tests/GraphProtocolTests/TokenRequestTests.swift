import Testing

@testable import GraphProtocol

@Suite struct TokenRequestTests {
    func request(_ credential: ClientCredential, _ audience: Audience = .graph) -> TokenRequest {
        TokenRequest(
            endpoints: Endpoints(cloud: .global, identity: "http://127.0.0.1:4000/"), tenant: "contoso.onmicrosoft.com",
            clientID: "client", audience: audience, credential: credential)
    }

    @Test func secretIsSentInTheForm() {
        let wire = request(.secret("a~b+c d&e=f%")).wire
        #expect(wire.method == .post)
        #expect(wire.url == "https://login.microsoftonline.com/contoso.onmicrosoft.com/oauth2/v2.0/token")
        #expect(wire.header("content-type") == "application/x-www-form-urlencoded")
        #expect(!wire.bypassesProxy)
        #expect(
            form(wire) == [
                "grant_type": "client_credentials", "client_id": "client", "client_secret": "a~b+c d&e=f%",
                "scope": "https://graph.microsoft.com/.default",
            ])
    }

    @Test(arguments: [ClientCredential.assertion("h.c.s"), .federated("h.c.s")])
    func assertionsAreSentUnchanged(_ credential: ClientCredential) {
        #expect(
            form(request(credential, .exchangeSMTP).wire) == [
                "grant_type": "client_credentials", "client_id": "client", "client_assertion": "h.c.s",
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "scope": "https://outlook.office365.com/.default",
            ])
    }

    static let identities: [(String?, Audience, String)] = [
        (nil, .graph, "https%3A%2F%2Fgraph.microsoft.com"),
        (nil, .exchangeSMTP, "https%3A%2F%2Foutlook.office365.com"),
        ("id 1", .graph, "https%3A%2F%2Fgraph.microsoft.com&client_id=id%201"),
    ]

    @Test(arguments: identities)
    func managedIdentityAsksTheMachine(_ clientID: String?, _ audience: Audience, _ query: String) {
        let wire = request(.managedIdentity(clientID: clientID), audience).wire
        let path = "http://127.0.0.1:4000/metadata/identity/oauth2/token?api-version=2018-02-01&resource="
        #expect(wire.url == path + query)
        #expect(wire.method == .get)
        #expect(wire.header("Metadata") == "true")
        #expect(wire.body == .none)
        #expect(wire.bypassesProxy)
    }

    static let issuers: [(ClientCredential, TokenAnswer.Issuer)] = [
        (.secret("s"), .entra), (.assertion("a"), .entra), (.federated("f"), .entra),
        (.managedIdentity(clientID: nil), .managedIdentity),
    ]

    @Test(arguments: issuers) func issuer(_ credential: ClientCredential, is issuer: TokenAnswer.Issuer) {
        #expect(request(credential).issuer == issuer)
    }

    @Test(arguments: [ClientCredential.secret("hush"), .assertion("hush"), .federated("hush")])
    func credentialsAreNotShown(_ credential: ClientCredential) {
        var dumped = ""
        dump(credential, to: &dumped)
        dump(request(credential), to: &dumped)
        dumped += "\(credential) \(request(credential)) \(request(credential).wire)" + String(reflecting: credential)
        #expect(!dumped.contains("hush"))
        #expect(dumped.contains("***"))
    }

    @Test func keysDifferInEveryPart() {
        let global = Endpoints(cloud: .global)
        let keys: Set<TokenKey> = [
            TokenKey(endpoints: global, tenant: "t", clientID: "c", audience: .graph),
            TokenKey(endpoints: global, tenant: "t", clientID: "c", audience: .exchangeSMTP),
            TokenKey(endpoints: global, tenant: "u", clientID: "c", audience: .graph),
            TokenKey(endpoints: global, tenant: "t", clientID: "d", audience: .graph),
            TokenKey(endpoints: Endpoints(cloud: .china), tenant: "t", clientID: "c", audience: .graph),
            TokenKey(endpoints: Endpoints(cloud: .global, login: "x"), tenant: "t", clientID: "c", audience: .graph),
            TokenKey(endpoints: Endpoints(cloud: .global, graph: "x"), tenant: "t", clientID: "c", audience: .graph),
        ]
        // The last differs from the first in the Graph host only, which no token knows of.
        #expect(keys.count == 6)
    }
}
