// Asking Graph whether it would take a message, without one: sendMail with a body that is no base 64 is refused with
// `ErrorMimeContentInvalidBase64String` ("user: sendMail"), and a token, mailbox or permission that is no good with its
// own error.

package import MailModel

package struct SendMailProbe: Sendable {
    package enum Finding: Hashable, Sendable {
        /// Nothing but the message was missing.
        case ready
        /// Not for the message's sake.
        case refused(Refusal)
        /// Something is said of the message, but not what was expected.
        case unclear(Refusal)
    }

    private static let expected = "ErrorMimeContentInvalidBase64String"
    /// In no alphabet of base 64, so that nothing could be sent.
    private static let body = Array("*".utf8)

    package var endpoints: Endpoints
    package var mailbox: String
    package var token: AccessToken

    package init(endpoints: Endpoints, mailbox: String, token: AccessToken) {
        self.endpoints = endpoints
        self.mailbox = mailbox
        self.token = token
    }

    package var wire: WireRequest {
        WireRequest(
            method: .post, url: endpoints.userURL(mailbox: mailbox) + "/sendMail",
            headers: [.init("Authorization", "Bearer \(token.text)"), .init("Content-Type", "text/plain")],
            body: .bytes(Self.body))
    }

    package func finding(in response: WireResponse, now: Timestamp) -> Finding {
        if response.status == 400, GraphError(response.body).code == Self.expected { return .ready }
        switch GraphAnswer.read(response, now: now) {
        case .unauthenticated(let refusal): return .refused(refusal)
        case .outcome(.accepted(let receipt)):
            return .unclear(
                Refusal(
                    scope: .message, cause: .malfunction, status: receipt.status,
                    text: "it was accepted, although it was no message"))
        case .outcome(.deferred(let refusal, _)), .outcome(.rejected(let refusal)), .outcome(.unknown(let refusal)):
            return refusal.scope == .message ? .unclear(refusal) : .refused(refusal)
        }
    }
}
