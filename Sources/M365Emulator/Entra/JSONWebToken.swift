import MailModel
import TLS

/// A JWS in compact form (RFC 7515 §7.1): read without trust, verified where a key is at hand.
struct JSONWebToken: Sendable {
    let header: JSONValue
    let claims: JSONValue
    private let signedPart: [UInt8]
    private let signature: [UInt8]

    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Self.json(parts[0]), let claims = Self.json(parts[1]),
            let signature = Base64.decodeURL(parts[2])
        else { return nil }
        self.header = header
        self.claims = claims
        self.signature = signature
        signedPart = Array("\(parts[0]).\(parts[1])".utf8)
    }

    private static func json(_ part: some StringProtocol) -> JSONValue? {
        guard let bytes = Base64.decodeURL(part), let value = try? JSONValue(parsing: bytes), value.object != nil else {
            return nil
        }
        return value
    }

    /// True where the key of the certificate signed it with RS256 or PS256.
    func isSigned(by certificate: PublicKeyCertificate) -> Bool {
        guard let algorithm = header["alg"].string.flatMap(SignatureAlgorithm.init(rawValue:)) else { return false }
        return certificate.verify(signature, of: signedPart, algorithm: algorithm)
    }

    /// True where the key made it with HS256.
    func isSigned(byKey key: [UInt8]) -> Bool {
        header["alg"].string == "HS256" && constantTimeEquals(hmacSHA256(key: key, signedPart), signature)
    }

    /// Makes a token signed with HS256.
    static func sign(_ claims: JSONValue, key: [UInt8]) -> String {
        let header: JSONValue = ["typ": "JWT", "alg": "HS256", "kid": "emulator"]
        let signed = "\(Base64.encodeURL(header.encoded)).\(Base64.encodeURL(claims.encoded))"
        return "\(signed).\(Base64.encodeURL(hmacSHA256(key: key, Array(signed.utf8))))"
    }

    /// `aud` may be one text or a list (RFC 7519 §4.1.3).
    var audiences: [String] { claims["aud"].string.map { [$0] } ?? (claims["aud"].array ?? []).compactMap(\.string) }

    /// Within `nbf` and `exp`, give or take `skew` seconds; a token without `exp` never is.
    func isCurrent(at now: Timestamp, skew: Int) -> Bool {
        guard let expiry = claims["exp"].int else { return false }
        let start = claims["nbf"].int ?? claims["iat"].int ?? 0
        return Int(now.seconds) >= start - skew && Int(now.seconds) < expiry + skew
    }
}
