// Sending one message in MIME form ("user: sendMail"; "Sending emails with MIME content"): its base 64 as text/plain.

import MailModel

/// Everything but the message, which is streamed.
package struct SendMailRequest: Sendable {
    package var endpoints: Endpoints
    /// The submitting mailbox: user principal name or object id.
    package var mailbox: String
    package var token: AccessToken
    /// In bytes, before encoding.
    package var messageLength: Int
    /// A GUID for Microsoft's support to find the request by. It has no effect on delivery.
    package var requestID: String
    package var userAgent: String

    package init(
        endpoints: Endpoints, mailbox: String, token: AccessToken, messageLength: Int, requestID: String,
        userAgent: String
    ) {
        self.endpoints = endpoints
        self.mailbox = mailbox
        self.token = token
        self.messageLength = messageLength
        self.requestID = requestID
        self.userAgent = userAgent
    }

    package var wire: WireRequest {
        let length = Base64.encodedLength(of: messageLength)
        return WireRequest(
            method: .post, url: endpoints.userURL(mailbox: mailbox) + "/sendMail",
            headers: [
                .init("Authorization", "Bearer \(token.text)"),
                .init("Content-Type", "text/plain"),
                .init("Content-Length", String(length)),
                .init("client-request-id", requestID),
                .init("User-Agent", userAgent),
            ],
            body: .message(length: length))
    }
}
