import MailModel
import TLS

/// How an app proves who it is: a secret, an assertion signed with its certificate's key, or a token of another issuer
/// (OAuth 2.0 client credentials flow; Microsoft identity platform certificate credentials).
struct ClientAuthentication {
    /// The `appidacr` claim: how the app was authenticated.
    enum Method: String, Sendable {
        case secret = "1"
        case certificate = "2"
    }

    static let assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

    let tenant: Tenant
    let app: App
    let wall: Timestamp
    let skew: Int
    /// The token URLs an assertion may name as its audience.
    let audiences: [String]

    func authenticate(_ form: [String: String]) throws(EntraError) -> Method {
        if let assertion = form["client_assertion"] {
            guard form["client_assertion_type"] == Self.assertionType else {
                throw .missing("client_assertion_type")
            }
            return try check(assertion: assertion)
        }
        guard let secret = form["client_secret"], !secret.isEmpty else { throw .noCredential }
        return try check(secret: secret)
    }

    private func check(secret: String) throws(EntraError) -> Method {
        let fitting = app.secrets.filter { $0.value == secret }
        guard !fitting.isEmpty else { throw .wrongSecret(app.clientID) }
        guard fitting.contains(where: { !$0.hasExpired(at: wall) }) else { throw .expiredSecret(app.clientID) }
        return .secret
    }

    private func check(assertion text: String) throws(EntraError) -> Method {
        guard let assertion = JSONWebToken(text) else {
            throw .assertionClaims("The token is not a JWS in compact form.")
        }
        guard assertion.claims["iss"].string == app.clientID else { return try checkFederated(assertion) }
        try checkCertificate(assertion)
        guard assertion.claims["sub"].string == app.clientID else {
            throw .assertionClaims("The subject must be the client id, as the issuer is.")
        }
        guard !(assertion.claims["jti"].string ?? "").isEmpty else {
            throw .assertionClaims("The jti claim is missing.")
        }
        let wanted = Set(audiences.map { $0.lowercased() })
        guard assertion.audiences.contains(where: { wanted.contains($0.lowercased()) }) else {
            throw .assertionAudience(assertion.audiences.joined(separator: ", "))
        }
        guard assertion.isCurrent(at: wall, skew: skew) else { throw .assertionTime }
        return .certificate
    }

    /// The thumbprint names the certificate; the signature must be made with its key.
    private func checkCertificate(_ assertion: JSONWebToken) throws(EntraError) {
        let named = app.certificates.compactMap { try? PublicKeyCertificate(pem: Array($0.utf8)) }.filter {
            assertion.header["x5t#S256"].string == Base64.encodeURL($0.thumbprintSHA256)
                || assertion.header["x5t"].string == Base64.encodeURL($0.thumbprintSHA1)
        }
        guard let certificate = named.first else {
            throw .assertionSignature("[Reason - The key was not found.]")
        }
        guard assertion.isSigned(by: certificate) else {
            throw .assertionSignature(
                "[Reason - The key was found, but use of the key to verify the signature failed.]")
        }
    }

    private func checkFederated(_ assertion: JSONWebToken) throws(EntraError) -> Method {
        let issuer = assertion.claims["iss"].string ?? ""
        let subject = assertion.claims["sub"].string ?? ""
        let record = app.federatedCredentials.first {
            $0.issuer == issuer && $0.subject == subject && assertion.audiences.contains($0.audience)
        }
        guard let record else {
            throw .federation(issuer: issuer, subject: subject, audience: assertion.audiences.joined(separator: ", "))
        }
        guard isSigned(assertion, by: record) else {
            throw .assertionSignature("[Reason - The signature is not the issuer's.]")
        }
        guard assertion.isCurrent(at: wall, skew: skew) else { throw .assertionTime }
        return .certificate
    }

    private func isSigned(_ assertion: JSONWebToken, by record: App.FederatedCredential) -> Bool {
        if !record.sharedKey.isEmpty { return assertion.isSigned(byKey: Array(record.sharedKey.utf8)) }
        guard !record.certificate.isEmpty else { return true }
        guard let certificate = try? PublicKeyCertificate(pem: Array(record.certificate.utf8)) else { return false }
        return assertion.isSigned(by: certificate)
    }
}
