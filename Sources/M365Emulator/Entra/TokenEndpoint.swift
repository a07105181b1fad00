import MailModel

/// `POST /{tenant}/oauth2/v2.0/token` for the client credentials grant, and the managed identity endpoint of a virtual
/// machine (OAuth 2.0 client credentials flow; how to use managed identities on a VM to acquire an access token).
extension EmulatorState {
    mutating func token(_ head: HTTPHead, tenant name: String, body: [UInt8], at moment: Moment) -> HTTPAnswer {
        do {
            let request = try readTokenRequest(head, tenant: name, body: body)
            return try issueToken(request, head, at: moment)
        } catch {
            let correlation = head["client-request-id"] ?? random.guid()
            return error.answer(traceID: random.guid(), correlationID: correlation, wall: moment.wall)
        }
    }

    private struct TokenRequest {
        var tenant: Tenant
        var app: App
        var form: [String: String]
    }

    private func readTokenRequest(
        _ head: HTTPHead, tenant name: String, body: [UInt8]
    ) throws(EntraError) -> TokenRequest {
        guard !["common", "consumers", "organizations"].contains(name.lowercased()) else {
            throw .notForManyTenants(name)
        }
        guard let tenant = directory.tenant(named: name) else { throw .unknownTenant(name) }
        let isForm = head.mediaType == "application/x-www-form-urlencoded"
        var form = isForm ? PercentEncoding.form(String(decoding: body, as: UTF8.self)) : [:]
        if let (id, secret) = Self.basicCredentials(head) {
            form["client_id"] = id
            form["client_secret"] = secret
        }
        guard let grant = form["grant_type"] else { throw .missing("grant_type") }
        guard grant == "client_credentials" else { throw .unsupportedGrant(grant) }
        guard let id = form["client_id"] else { throw .missing("client_id") }
        guard let app = directory.app(id, in: tenant) else { throw .unknownApp(id, tenant) }
        guard app.enabled else { throw .disabledApp(id) }
        return TokenRequest(tenant: tenant, app: app, form: form)
    }

    private mutating func issueToken(
        _ request: TokenRequest, _ head: HTTPHead, at moment: Moment
    ) throws(EntraError) -> HTTPAnswer {
        let authentication = ClientAuthentication(
            tenant: request.tenant, app: request.app, wall: moment.wall, skew: settings.tokens.clockSkew,
            audiences: Self.tokenURLs(of: request.tenant, head))
        let method = try authentication.authenticate(request.form)
        let resource = try Self.resource(of: request.form, tenant: request.tenant)
        let lifetime = tokenLifetime()
        var body: [String: JSONValue] = [
            "token_type": "Bearer", "expires_in": .number(lifetime), "ext_expires_in": .number(lifetime),
        ]
        body["access_token"] = .string(
            tokens.issue(
                for: resource, tenant: request.tenant, app: request.app, method: method, lifetime: lifetime,
                wall: moment.wall, using: &random))
        if settings.tokens.refreshIn > 0 { body["refresh_in"] = .number(settings.tokens.refreshIn) }
        return HTTPAnswer(
            200, json: .object(body), fields: [("Cache-Control", "no-store, no-cache"), ("Pragma", "no-cache")])
    }

    private mutating func tokenLifetime() -> Int {
        let shortest = settings.tokens.minimumLifetime
        return Int.random(in: shortest...max(shortest, settings.tokens.maximumLifetime), using: &random)
    }

    private static func resource(of form: [String: String], tenant: Tenant) throws(EntraError) -> Resource {
        guard form["resource"] == nil else { throw .resourceParameter }
        guard let scope = form["scope"] else { throw .missing("scope") }
        let scopes = scope.split(separator: " ")
        guard scopes.count <= 1 else { throw .twoResources }
        guard let only = scopes.first, only.hasSuffix("/.default") else { throw .invalidScope(scope) }
        let name = String(only.dropLast("/.default".count))
        guard let resource = Resource(name) else { throw .unknownResource(name, tenant) }
        return resource
    }

    /// The public URL and the one the request came by, with the id and each name of the tenant.
    private static func tokenURLs(of tenant: Tenant, _ head: HTTPHead) -> [String] {
        let roots = ["https://login.microsoftonline.com"] + (head["host"].map { ["\(head.scheme)://\($0)"] } ?? [])
        return roots.flatMap { root in
            ([tenant.id] + tenant.domains).flatMap {
                ["\(root)/\($0)/oauth2/v2.0/token", "\(root)/\($0)/v2.0", "\(root)/\($0)"]
            }
        }
    }

    /// RFC 6749 §2.3.1: both parts form-encoded before base 64.
    private static func basicCredentials(_ head: HTTPHead) -> (id: String, secret: String)? {
        guard let field = head["authorization"], field.lowercased().hasPrefix("basic "),
            let bytes = Base64.decode(String(field.dropFirst(6)))
        else { return nil }
        let parts = String(decoding: bytes, as: UTF8.self).split(
            separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        return (
            PercentEncoding.decode(parts[0], plusIsSpace: true), PercentEncoding.decode(parts[1], plusIsSpace: true)
        )
    }

    // Managed identity

    mutating func managedIdentityToken(_ head: HTTPHead, at moment: Moment) -> HTTPAnswer {
        guard head["metadata"]?.lowercased() == "true" else {
            return Self.identityError("bad_request_102", "Required metadata header not specified")
        }
        guard head.query["api-version"] != nil else {
            return Self.identityError("bad_request_100", "Required api-version parameter not specified")
        }
        guard let resource = head.query["resource"].flatMap({ Resource($0) }) else {
            return Self.identityError("invalid_resource", "AADSTS500011: The resource principal was not found.")
        }
        guard let (tenant, app) = managedApp(head.query["client_id"]) else {
            return Self.identityError("invalid_request", "Identity not found")
        }
        let lifetime = tokenLifetime()
        let token = tokens.issue(
            for: resource, tenant: tenant, app: app, method: .certificate, lifetime: lifetime, wall: moment.wall,
            using: &random)
        let now = moment.wall.seconds
        return HTTPAnswer(
            200,
            json: [
                "access_token": .string(token), "refresh_token": "", "expires_in": "\(lifetime)",
                "expires_on": "\(now + Int64(lifetime))", "not_before": "\(now)",
                "resource": .string(resource.rawValue),
                "token_type": "Bearer",
            ])
    }

    private func managedApp(_ clientID: String?) -> (Tenant, App)? {
        for tenant in directory.tenants {
            let app = tenant.apps.first {
                $0.managedIdentity && $0.enabled && (clientID == nil || $0.clientID == clientID)
            }
            if let app { return (tenant, app) }
        }
        return nil
    }

    private static func identityError(_ error: String, _ description: String) -> HTTPAnswer {
        HTTPAnswer(400, json: ["error": .string(error), "error_description": .string(description)])
    }
}
