// A bearer token as Entra gives it (RFC 6749 §5.1). Its text is opaque to us.

/// A token and how long it is good for. Its description is stars.
package struct AccessToken: Hashable, Sendable {
    /// The secret itself: only for the Authorization header, for SASL, and for `token --raw`.
    package let text: String
    /// `Bearer`.
    package let type: String
    /// From the moment it was answered; positive.
    package let expiresIn: Duration
    /// When the issuer wants it renewed, where it says so.
    package let refreshIn: Duration?

    package init(text: String, type: String = "Bearer", expiresIn: Duration, refreshIn: Duration? = nil) {
        self.text = text
        self.type = type
        self.expiresIn = expiresIn
        self.refreshIn = refreshIn
    }
}

extension AccessToken: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "***" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["token": description]) }
}
