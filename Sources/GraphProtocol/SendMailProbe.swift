// Asking Graph whether it would take a message, without one: sendMail with a body that is no base 64 is refused with
// `ErrorMimeContentInvalidBase64String` ("user: sendMail"), and a token, mailbox or permission that is no good with its
// own error.

package import MailModel

package struct SendMailProbe: Sendable {
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

    /// What stands in the way; `nil` where nothing but the message was missing.
    package func refusal(in response: WireResponse, now: Timestamp) -> Refusal? {
        if response.status == 400, GraphError(response.body).code == Self.expected { return nil }
        return switch GraphAnswer.read(response, now: now) {
        case .outcome(let outcome): outcome.refusal
        case .unauthenticated(let refusal): refusal
        }
    }
}
