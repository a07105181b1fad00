import MailModel
import TLS

/// The two services tokens are issued for.
enum Resource: String, Hashable, Sendable, CaseIterable {
    case graph = "https://graph.microsoft.com"
    case exchange = "https://outlook.office365.com"

    /// Also by their app ids, with or without a slash at the end.
    init?(_ name: String) {
        switch name.lowercased().trimmingSlash {
        case "https://graph.microsoft.com", "00000003-0000-0000-c000-000000000000": self = .graph
        case "https://outlook.office365.com", "https://outlook.office.com", "00000002-0000-0ff1-ce00-000000000000":
            self = .exchange
        default: return nil
        }
    }
}

extension String {
    fileprivate var trimmingSlash: String { hasSuffix("/") ? String(dropLast()) : self }
}

/// Who a valid token speaks for.
struct Identity: Hashable, Sendable {
    var tenant: Tenant
    var app: App
    var roles: [String]
}

/// Issues access tokens and checks what comes back; a token it has not issued, or has revoked, is worth nothing.
struct TokenLedger: Sendable {
    enum Refusal: Error, Hashable, Sendable { case missing, malformed, audience, expired, revoked }

    private let key: [UInt8]
    private var valid: Set<String> = []
    private(set) var issued = 0

    init(key: [UInt8]) { self.key = key }

    /// With the claims of an app-only v1.0 token (access token claims reference).
    mutating func issue(
        for resource: Resource, tenant: Tenant, app: App, method: ClientAuthentication.Method, lifetime: Int,
        wall: Timestamp, using random: inout some GUIDSource
    ) -> String {
        let id = Base64.encodeURL(random.bytes(16))
        let now = Int(wall.seconds)
        let object = app.objectID.isEmpty ? "0b1ec7" + app.clientID.dropFirst(6) : app.objectID
        var claims: [String: JSONValue] = [
            "aud": .string(resource.rawValue), "iss": .string("https://sts.windows.net/\(tenant.id)/"),
            "iat": .number(now), "nbf": .number(now), "exp": .number(now + lifetime), "appid": .string(app.clientID),
            "app_displayname": .string(app.name), "appidacr": .string(method.rawValue), "idtyp": "app",
            "oid": .string(object), "sub": .string(object), "tid": .string(tenant.id), "uti": .string(id), "ver": "1.0",
        ]
        let roles = resource == .graph ? app.graphRoles : app.exchangeRoles
        if !roles.isEmpty { claims["roles"] = .strings(roles) }
        issued += 1
        valid.insert(id)
        return JSONWebToken.sign(.object(claims), key: key)
    }

    func check(
        _ text: String?, for resource: Resource, in directory: Directory, at wall: Timestamp
    ) throws(Refusal) -> Identity {
        guard let text, !text.isEmpty else { throw .missing }
        guard let token = JSONWebToken(text), token.isSigned(byKey: key) else { throw .malformed }
        guard token.audiences == [resource.rawValue] else { throw .audience }
        guard token.isCurrent(at: wall, skew: 0) else { throw .expired }
        guard valid.contains(token.claims["uti"].string ?? ""),
            let tenant = directory.tenant(named: token.claims["tid"].string ?? ""),
            let app = directory.app(token.claims["appid"].string ?? "", in: tenant), app.enabled
        else { throw .revoked }
        return Identity(tenant: tenant, app: app, roles: (token.claims["roles"].array ?? []).compactMap(\.string))
    }

    mutating func revokeAll() { valid.removeAll() }
}

/// What identifiers are made from.
protocol GUIDSource {
    mutating func bytes(_ count: Int) -> [UInt8]
    mutating func guid() -> String
}

extension SeededGenerator: GUIDSource {}
