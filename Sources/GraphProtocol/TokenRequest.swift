// Asking Entra ID for an application's token ("OAuth 2.0 client credentials flow on the Microsoft identity platform",
// RFC 6749 §4.4), or an Azure machine's metadata service ("How to use managed identities on a VM").

/// How an application proves who it is. Made anew for each request; its description never shows what is inside.
package enum ClientCredential: Hashable, Sendable {
    case secret(String)
    /// A signed ``ClientAssertion``.
    case assertion(String)
    /// A token of another issuer. It rotates: its file is read again for each request.
    case federated(String)
    /// The machine's own identity, or the user-assigned one with this client id.
    case managedIdentity(clientID: String?)
}

extension ClientCredential: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String {
        switch self {
        case .secret: "client secret ***"
        case .assertion: "certificate assertion ***"
        case .federated: "federated token ***"
        case .managedIdentity(let clientID): "managed identity \(clientID ?? "of the system")"
        }
    }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["credential": description]) }
}

/// Tokens are shared by all that agree in this: one fetch serves them all.
package struct TokenKey: Hashable, Sendable {
    package let authority: String
    package let tenant: String
    package let clientID: String
    package let scope: String

    package init(endpoints: Endpoints, tenant: String, clientID: String, audience: Audience) {
        authority = endpoints.login
        self.tenant = tenant
        self.clientID = clientID
        scope = endpoints.cloud.scope(for: audience)
    }
}

/// A request for one token of one audience.
package struct TokenRequest: Sendable {
    package var endpoints: Endpoints
    package var tenant: String
    package var clientID: String
    package var audience: Audience
    package var credential: ClientCredential

    package init(
        endpoints: Endpoints, tenant: String, clientID: String, audience: Audience, credential: ClientCredential
    ) {
        self.endpoints = endpoints
        self.tenant = tenant
        self.clientID = clientID
        self.audience = audience
        self.credential = credential
    }

    /// Who is going to answer, and so how the answer is to be read.
    package var issuer: TokenAnswer.Issuer {
        if case .managedIdentity = credential { return .managedIdentity }
        return .entra
    }

    package var wire: WireRequest {
        switch credential {
        case .secret(let secret): post([("client_secret", secret)])
        case .assertion(let token), .federated(let token):
            post([
                ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                ("client_assertion", token),
            ])
        case .managedIdentity(let identity): askMachine(for: identity)
        }
    }

    private func post(_ proof: [(name: String, value: String)]) -> WireRequest {
        let fields: [(name: String, value: String)] = [
            ("grant_type", "client_credentials"), ("client_id", clientID),
            ("scope", endpoints.cloud.scope(for: audience)),
        ]
        return WireRequest(
            method: .post, url: endpoints.tokenURL(tenant: tenant),
            headers: [
                .init("Content-Type", "application/x-www-form-urlencoded"), .init("Accept", "application/json"),
            ],
            body: .bytes(PercentEncoding.form(fields + proof)))
    }

    /// The service is link-local: no proxy, and `resource` where Entra has `scope`.
    private func askMachine(for identity: String?) -> WireRequest {
        let resource = PercentEncoding.component(endpoints.cloud.resource(for: audience))
        let user = identity.map { "&client_id=\(PercentEncoding.component($0))" } ?? ""
        let query = "api-version=2018-02-01&resource=\(resource)\(user)"
        return WireRequest(
            method: .get, url: "\(endpoints.identity)/metadata/identity/oauth2/token?\(query)",
            headers: [.init("Metadata", "true")], bypassesProxy: true)
    }
}
