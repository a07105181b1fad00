// A certificate's proof of identity: a JSON Web Token of the client about itself (RFC 7523), signed with PS256
// ("Microsoft identity platform application authentication certificate credentials").

package import MailModel

/// What has to be signed, and what comes of it. Signing needs the private key, which never comes into this room.
package struct ClientAssertion: Hashable, Sendable {
    /// Microsoft recommends five to ten minutes at most.
    package static let lifetime = Duration.seconds(600)

    /// `header.claims` in base64url: the bytes of this text are signed with RSASSA-PSS, SHA-256 and a salt of 32 bytes.
    package let signingInput: String

    /// - Parameters:
    ///   - tokenURL: the endpoint the assertion will be sent to; it becomes the audience.
    ///   - thumbprint: SHA-256 over the certificate's DER bytes: the 32 bytes themselves, not their hexadecimal text.
    ///   - id: a fresh GUID each time.
    package init(clientID: String, tokenURL: String, thumbprint: [UInt8], id: String, now: Timestamp) {
        let start = now.milliseconds / 1000
        let header = "{\"alg\":\"PS256\",\"typ\":\"JWT\",\"x5t#S256\":\"\(Base64.encodeURL(thumbprint))\"}"
        let client = JSONValue.quote(clientID)
        let claims =
            "{\"aud\":\(JSONValue.quote(tokenURL)),\"exp\":\(start + Self.lifetime.components.seconds),"
            + "\"iss\":\(client),\"jti\":\(JSONValue.quote(id)),\"nbf\":\(start),\"sub\":\(client)}"
        signingInput = "\(Base64.encodeURL(Array(header.utf8))).\(Base64.encodeURL(Array(claims.utf8)))"
    }

    /// The finished assertion, in JWS compact serialisation (RFC 7515 §3.1).
    package func attach(signature: [UInt8]) -> ClientCredential {
        .assertion("\(signingInput).\(Base64.encodeURL(signature))")
    }
}
