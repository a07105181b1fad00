import MIME
import MailModel

/// A message as it was given to Graph: whole, or as a JSON message object.
struct DraftContent: Sendable {
    private enum Form: Sendable {
        case mime([UInt8])
        case json(JSONDraft)
    }

    private var form: Form
    /// With angle brackets; empty until assigned.
    private(set) var messageID: String

    init(mime bytes: [UInt8]) {
        form = .mime(bytes)
        messageID = HeaderBlock(parsing: bytes).first(named: "Message-ID")?.value ?? ""
    }

    /// The body of a MIME request: standard base 64, line breaks allowed, nothing else (sending emails with MIME content).
    init(base64 body: [UInt8]) throws(GraphError) {
        guard !body.isEmpty, let bytes = Base64.decode(body), !bytes.isEmpty else { throw .invalidBase64 }
        self.init(mime: bytes)
    }

    init(json: JSONValue) throws(GraphError) {
        let draft = try JSONDraft(json)
        messageID = draft.messageID
        form = .json(draft)
    }

    static func parse(_ body: [UInt8]) throws(GraphError) -> JSONValue {
        guard let json = try? JSONValue(parsing: body), json.object != nil else {
            throw .badRequest(
                "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format."
            )
        }
        return json
    }

    var isMIME: Bool { if case .mime = form { true } else { false } }

    mutating func assignMessageID(_ id: String) { if messageID.isEmpty { messageID = id } }

    /// To a JSON draft; whether a MIME draft takes attachments is not documented, so it does not.
    mutating func attach(_ attachment: DraftAttachment) throws(GraphError) {
        guard case .json(var draft) = form else {
            throw .badRequest("Attachments cannot be added to a message that was created from MIME content.")
        }
        draft.attachments.append(attachment)
        form = .json(draft)
    }

    func outgoing(from mailbox: String, date: Timestamp) -> OutgoingMessage {
        switch form {
        case .mime(let bytes):
            return OutgoingMessage(mime: bytes, mailbox: mailbox, messageID: messageID, date: date)
        case .json(let draft):
            var outgoing = OutgoingMessage(
                mime: draft.rendered(mailbox: mailbox, messageID: messageID, date: date), mailbox: mailbox,
                messageID: messageID, date: date)
            outgoing.badRecipients = draft.badRecipients
            return outgoing
        }
    }

    /// As `outgoing`, but without the attachments' content: enough to look at the header.
    func preview(from mailbox: String, date: Timestamp) -> OutgoingMessage {
        guard case .json(var draft) = form else { return outgoing(from: mailbox, date: date) }
        draft.attachments = []
        let bytes = draft.rendered(mailbox: mailbox, messageID: messageID, date: date)
        return OutgoingMessage(mime: bytes, mailbox: mailbox, messageID: messageID, date: date)
    }

    /// Whom only it names.
    var bcc: [String] {
        switch form {
        case .mime(let bytes):
            HeaderBlock(parsing: bytes).all(named: "Bcc").flatMap { field in
                AddressList(parsing: field.unfolded).addresses.map(\.address.description)
            }
        case .json(let draft): draft.bccAddresses
        }
    }

    /// Whether there is a text in HTML anywhere in it.
    var isHTML: Bool {
        switch form {
        case .mime(let bytes):
            String(decoding: bytes.prefix(64 * 1024), as: UTF8.self).lowercased().contains("content-type: text/html")
        case .json(let draft): draft.isHTML
        }
    }

    /// `nil` where the message was not taken apart.
    var attachments: [DraftAttachment]? {
        if case .json(let draft) = form { draft.attachments } else { nil }
    }

    var hasAttachments: Bool {
        switch form {
        case .mime(let bytes):
            HeaderBlock(parsing: bytes).first(named: "Content-Type")?.value.lowercased().hasPrefix("multipart/mixed")
                ?? false
        case .json(let draft): !draft.attachments.isEmpty
        }
    }
}

struct DraftAttachment: Sendable {
    var name: String
    var contentType: String
    var bytes: [UInt8]
    var isInline = false
    var contentID = ""

    init(name: String, contentType: String, bytes: [UInt8], isInline: Bool, contentID: String) {
        self.name = name
        self.contentType = contentType
        self.bytes = bytes
        self.isInline = isInline
        self.contentID = contentID
    }

    /// From a `fileAttachment` object.
    init(json: JSONValue) throws(GraphError) {
        guard json["@odata.type"].string == "#microsoft.graph.fileAttachment" else {
            throw .badRequest("The property '@odata.type' of an attachment must be '#microsoft.graph.fileAttachment'.")
        }
        guard let name = json["name"].string, let text = json["contentBytes"].string, let bytes = Base64.decode(text)
        else {
            throw .badRequest("An attachment needs 'name' and 'contentBytes' in base64.")
        }
        self.init(
            name: name, contentType: json["contentType"].string ?? "application/octet-stream", bytes: bytes,
            isInline: json["isInline"].bool ?? false, contentID: json["contentId"].string ?? "")
    }
}
