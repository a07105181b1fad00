// Why there is no token, and what to do about it. A token failure never fails a message: mail waits.

package import MailModel

package struct TokenFailure: Error, Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// A passing trouble of the service or the network.
        case transient
        /// Only an operator can mend it.
        case `operator`
        /// The assertion was refused as such: worth one more request with a new one, then an operator's matter.
        case newAssertionOnce
        /// Entra throttles the tenant or sees a loop: minutes, not seconds.
        case backOffMinutes
    }

    package var kind: Kind
    /// What the answer asked for, if it did.
    package var retryAfter: Duration?
    /// `nil` where no answer came.
    package var status: Int?
    /// The `error` of RFC 6749 §5.2, such as `invalid_client`.
    package var error: String?
    /// AADSTS numbers, the telling one first.
    package var codes: [Int]
    /// Microsoft's words, or a sentence that says what failed.
    package var text: String
    /// What it means, and what to do next.
    package var explanation: String
    /// For Microsoft's support.
    package var correlationID: String?

    package init(
        kind: Kind, retryAfter: Duration? = nil, status: Int? = nil, error: String? = nil, codes: [Int] = [],
        text: String, explanation: String, correlationID: String? = nil
    ) {
        self.kind = kind
        self.retryAfter = retryAfter
        self.status = status
        self.error = error
        self.codes = codes
        self.text = text
        self.explanation = explanation
        self.correlationID = correlationID
    }

    /// No answer came from the token endpoint.
    package init(_ failure: WireFailure) {
        self.init(
            kind: .transient, text: RemoteText.clean(failure.text),
            explanation: "The token endpoint could not be reached. Check DNS, the firewall, the proxy and `ca_file`; "
                + "it is tried again by itself.")
    }

    /// A 200 without a token: a captive portal, or a proxy's own page.
    static func unreadable(status: Int, page: String?) -> TokenFailure {
        let what = page.map { "a page titled \"\($0)\"" } ?? "something that is no token"
        return TokenFailure(
            kind: .transient, status: status, text: "the token endpoint answered HTTP \(status) with \(what)",
            explanation: "Something between here and Entra answered in its place. Check `login_endpoint` and the proxy."
        )
    }

    /// Graph or Exchange refuses even tokens that were fetched after a refusal.
    static func refusedAtOnce(_ words: String) -> TokenFailure {
        TokenFailure(
            kind: .operator, status: 401, text: RemoteText.clean(words),
            explanation: "A freshly issued token was refused twice. Check that `cloud`, `tenant` and the endpoints "
                + "belong together, that the application is enabled, and this machine's clock.")
    }

    /// `AADSTS7000215`, else the `error`.
    package var code: String? { codes.first.map { "AADSTS\($0)" } ?? error }

    /// What this means for the mail that needed the token: the route waits.
    package var refusal: Refusal {
        let passing = kind == .transient || kind == .backOffMinutes
        return Refusal(
            scope: .route, cause: passing ? .unavailable : .unauthorized, status: status, code: code, text: text,
            requestID: correlationID)
    }
}
