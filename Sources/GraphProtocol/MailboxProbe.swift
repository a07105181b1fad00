// Asking Graph whether it would do something, without doing it: sendMail, or a draft, with a body that is no base 64 is
// refused with `ErrorMimeContentInvalidBase64String` ("user: sendMail"), and a token, mailbox or permission that is no good
// with its own error. A look at any one message tells whether looking is permitted.

package import MailModel

package struct MailboxProbe: Sendable {
    package enum Call: Hashable, Sendable, CaseIterable { case sendMail, createDraft, look }

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

    package var call: Call
    package var endpoints: Endpoints
    package var mailbox: String
    package var token: AccessToken

    package init(_ call: Call, endpoints: Endpoints, mailbox: String, token: AccessToken) {
        self.call = call
        self.endpoints = endpoints
        self.mailbox = mailbox
        self.token = token
    }

    package var wire: WireRequest {
        let place = endpoints.userURL(mailbox: mailbox)
        let bearer = WireRequest.Header("Authorization", "Bearer \(token.text)")
        func post(_ url: String) -> WireRequest {
            WireRequest(
                method: .post, url: url, headers: [bearer, .init("Content-Type", "text/plain")], body: .bytes(Self.body)
            )
        }
        return switch call {
        case .sendMail: post(place + "/sendMail")
        case .createDraft: post(place + "/messages")
        case .look: WireRequest(method: .get, url: place + "/messages?$select=id&$top=1", headers: [bearer])
        }
    }

    package func finding(in response: WireResponse, now: Timestamp) -> Finding {
        if isExpected(response) { return .ready }
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

    private func isExpected(_ response: WireResponse) -> Bool {
        switch call {
        case .sendMail, .createDraft: response.status == 400 && GraphError(response.body).code == Self.expected
        case .look: response.status == 200 && JSONValue(response.body)?["value"] != nil
        }
    }
}
