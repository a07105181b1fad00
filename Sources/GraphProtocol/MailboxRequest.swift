// Requests on one mailbox: sending a message in MIME form ("user: sendMail"; "Sending emails with MIME content"), and
// making, looking at, sending, deleting and looking for messages ("Create message", "Get message", "message: send", "Delete
// message", "List messages"). Ids are asked for in their immutable form, which a draft keeps when it becomes the copy in
// Sent Items ("Obtain immutable identifiers for Outlook resources").

import MailModel

/// Everything but the message, which is streamed.
package struct MailboxRequest: Sendable {
    package enum Call: Hashable, Sendable {
        /// The MIME message. Octets before encoding.
        case sendMail(messageLength: Int)
        /// A draft of the MIME message. Octets before encoding.
        case createDraft(messageLength: Int)
        /// A draft of Graph's message resource, as JSON.
        case createDraftFromJSON([UInt8])
        /// A `FileAttachment` with its bytes, as JSON, for a draft.
        case attach(id: String, [UInt8])
        /// The same without its bytes, which follow by the session.
        case createUploadSession(id: String, [UInt8])
        case sendDraft(id: String)
        /// Whether a message is a draft still.
        case look(id: String)
        /// What Exchange has made of a draft. Its body may be large.
        case inspect(id: String, withBody: Bool)
        case deleteDraft(id: String)
        /// Messages of that Message-ID, angle brackets included, in any folder.
        case search(messageID: String)
    }

    package var endpoints: Endpoints
    /// User principal name or object id.
    package var mailbox: String
    package var token: AccessToken
    /// A GUID for Microsoft's support to find the request by. It has no effect on delivery.
    package var requestID: String
    package var userAgent: String
    package var call: Call

    package init(
        _ call: Call, endpoints: Endpoints, mailbox: String, token: AccessToken, requestID: String, userAgent: String
    ) {
        self.call = call
        self.endpoints = endpoints
        self.mailbox = mailbox
        self.token = token
        self.requestID = requestID
        self.userAgent = userAgent
    }

    /// As many as one Message-ID is ever found in, and a few more.
    static let searchSize = 50

    package var wire: WireRequest {
        let place = endpoints.userURL(mailbox: mailbox)
        let messages = place + "/messages"
        func message(_ id: String) -> String { messages + "/" + PercentEncoding.component(id) }
        return switch call {
        case .sendMail(let length): post(place + "/sendMail", mime: length)
        case .createDraft(let length): post(messages, mime: length)
        case .createDraftFromJSON(let json): post(messages, json: json)
        case .attach(let id, let json): post(message(id) + "/attachments", json: json)
        case .createUploadSession(let id, let json):
            post(message(id) + "/attachments/createUploadSession", json: json)
        case .sendDraft(let id): request(.post, message(id) + "/send")
        case .look(let id): request(.get, message(id) + "?$select=id,isDraft")
        case .inspect(let id, let withBody): request(.get, message(id) + Self.inspection(withBody: withBody))
        case .deleteDraft(let id): request(.delete, message(id))
        case .search(let messageID):
            request(
                .get,
                messages + "?$filter=" + PercentEncoding.component(Self.filter(messageID))
                    + "&$select=id,isDraft,internetMessageHeaders&$top=\(Self.searchSize)")
        }
    }

    /// Quotes in a literal are doubled (OData 4.0 §11.2.6.1).
    private static func filter(_ messageID: String) -> String {
        let literal = messageID.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
        return "internetMessageId eq '\(literal)'"
    }

    private static func inspection(withBody: Bool) -> String {
        "?$select=id,isDraft,subject,from,sender,toRecipients,ccRecipients,bccRecipients,internetMessageId,"
            + "internetMessageHeaders,hasAttachments" + (withBody ? ",body" : "")
            + "&$expand=attachments($select=id,name,size)"
    }

    private func post(_ url: String, mime length: Int) -> WireRequest {
        let encoded = Base64.encodedLength(of: length)
        return request(
            .post, url, [.init("Content-Type", "text/plain"), .init("Content-Length", String(encoded))],
            .message(length: encoded))
    }

    private func post(_ url: String, json: [UInt8]) -> WireRequest {
        request(.post, url, [.init("Content-Type", "application/json")], .bytes(json))
    }

    private func request(
        _ method: WireRequest.Method, _ url: String, _ headers: [WireRequest.Header] = [],
        _ body: WireRequest.Body = .none
    ) -> WireRequest {
        let prefer: [WireRequest.Header] = takesIDs ? [.init("Prefer", "IdType=\"ImmutableId\"")] : []
        let common: [WireRequest.Header] = [
            .init("Authorization", "Bearer \(token.text)"), .init("client-request-id", requestID),
            .init("User-Agent", userAgent),
        ]
        return WireRequest(method: method, url: url, headers: common + prefer + headers, body: body)
    }

    private var takesIDs: Bool { if case .sendMail = call { false } else { true } }
}
