import MailModel

/// Entra's refusals: `error` for programs, an AADSTS number and a text for people (Microsoft Entra authentication and
/// authorization error codes).
struct EntraError: Error, Hashable, Sendable {
    var status = 400
    /// Of RFC 6749 §5.2, or one of Microsoft's own.
    var error: String
    var code: Int
    var message: String

    init(_ code: Int, _ error: String, status: Int = 400, _ message: String) {
        self.code = code
        self.error = error
        self.status = status
        self.message = message
    }

    func answer(traceID: String, correlationID: String, wall: Timestamp) -> HTTPAnswer {
        let description =
            "AADSTS\(code): \(message) Trace ID: \(traceID) Correlation ID: \(correlationID) Timestamp: \(wall.entraDate)"
        return HTTPAnswer(
            status,
            json: [
                "error": .string(error), "error_description": .string(description), "error_codes": [.number(code)],
                "timestamp": .string(wall.entraDate), "trace_id": .string(traceID),
                "correlation_id": .string(correlationID),
                "error_uri": .string("https://login.microsoftonline.com/error?code=\(code)"),
            ],
            fields: [("Cache-Control", "no-store, no-cache"), ("Pragma", "no-cache")])
    }
}

extension EntraError {
    static func unknownTenant(_ name: String) -> EntraError {
        EntraError(
            90002, "invalid_request",
            "Tenant '\(name)' not found. Check to make sure you have the correct tenant ID and are signing into the "
                + "correct cloud.")
    }
    static func notForManyTenants(_ name: String) -> EntraError {
        EntraError(
            9_001_023, "invalid_request",
            "The grant type is not supported over the /\(name) or /consumers endpoints. Please use the /organizations "
                + "or tenant-specific endpoint.")
    }
    static func missing(_ parameter: String) -> EntraError {
        EntraError(
            900144, "invalid_request", "The request body must contain the following parameter: '\(parameter)'.")
    }
    static func unsupportedGrant(_ grant: String) -> EntraError {
        EntraError(70003, "unsupported_grant_type", "The app requested an unsupported grant type '\(grant)'.")
    }
    static func unknownApp(_ id: String, _ tenant: Tenant) -> EntraError {
        EntraError(
            700016, "unauthorized_client",
            "Application with identifier '\(id)' was not found in the directory '\(tenant.domains.first ?? tenant.id)'."
        )
    }
    static func disabledApp(_ id: String) -> EntraError {
        EntraError(
            7_000_112, "unauthorized_client", status: 401, "Application '\(id)' is disabled.")
    }
    static let noCredential = EntraError(
        7_000_218, "invalid_client", status: 401,
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.")
    static func wrongSecret(_ id: String) -> EntraError {
        EntraError(
            7_000_215, "invalid_client", status: 401,
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, "
                + "not the client secret ID, for a secret added to app '\(id)'.")
    }
    static func expiredSecret(_ id: String) -> EntraError {
        EntraError(
            7_000_222, "invalid_client", status: 401,
            "The provided client secret keys for app '\(id)' are expired. Visit the Azure portal to create new keys for "
                + "your app.")
    }
    static func assertionSignature(_ reason: String) -> EntraError {
        EntraError(
            700027, "invalid_client", status: 401,
            "The certificate with identifier used to sign the client assertion is not registered on application. \(reason)"
        )
    }
    static let assertionTime = EntraError(
        700024, "invalid_client", status: 401, "Client assertion is not within its valid time range.")
    static func assertionClaims(_ reason: String) -> EntraError {
        EntraError(50027, "invalid_client", status: 401, "JWT token is invalid or malformed. \(reason)")
    }
    static func assertionAudience(_ audience: String) -> EntraError {
        EntraError(
            700023, "invalid_client", status: 401,
            "Client assertion audience claim does not match Realm issuer. Audience: '\(audience)'.")
    }
    static func federation(issuer: String, subject: String, audience: String) -> EntraError {
        EntraError(
            70021, "invalid_request",
            "No matching federated identity record found for presented assertion. Assertion Issuer: '\(issuer)'. "
                + "Assertion Subject: '\(subject)'. Assertion Audience: '\(audience)'.")
    }
    static func invalidScope(_ scope: String) -> EntraError {
        EntraError(
            1_002_012, "invalid_scope",
            "The provided value for scope \(scope) is not valid. Client credential flows must have a scope value with "
                + "/.default suffixed to the resource identifier (application ID URI).")
    }
    static let twoResources = EntraError(
        70011, "invalid_scope", "The provided value for the input parameter 'scope' is not valid.")
    static func unknownResource(_ resource: String, _ tenant: Tenant) -> EntraError {
        EntraError(
            500011, "invalid_resource",
            "The resource principal named \(resource) was not found in the tenant named "
                + "\(tenant.domains.first ?? tenant.id).")
    }
    static let resourceParameter = EntraError(
        901002, "invalid_request", "The 'resource' request parameter is not supported.")
}
