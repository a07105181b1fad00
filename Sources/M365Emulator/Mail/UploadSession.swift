import MailModel

/// One attachment on its way in pieces (attachment: createUploadSession).
struct UploadSession: Sendable {
    enum Progress: Hashable, Sendable {
        case more(next: Int)
        case complete
    }

    let id: String
    let mailbox: String
    let tenantID: String
    let appID: String
    /// Immutable.
    let messageID: String
    let name: String
    let size: Int
    let contentType: String
    let isInline: Bool
    let contentID: String
    let expires: Timestamp
    /// In the URL, instead of a bearer token.
    let authToken: String
    private(set) var received: [UInt8] = []

    init(
        id: String, mailbox: String, tenantID: String, appID: String, messageID: String, item: JSONValue, size: Int,
        expires: Timestamp, authToken: String
    ) {
        self.id = id
        self.mailbox = mailbox
        self.tenantID = tenantID
        self.appID = appID
        self.messageID = messageID
        self.size = size
        self.expires = expires
        self.authToken = authToken
        name = item["name"].string ?? "attachment"
        contentType = item["contentType"].string ?? "application/octet-stream"
        isInline = item["isInline"].bool ?? false
        contentID = item["contentId"].string ?? ""
    }

    /// Takes the next piece; pieces come in order.
    ///
    /// - Parameter field: `Content-Range`, such as `bytes 0-99/1000`.
    mutating func append(_ bytes: [UInt8], range field: String) throws(GraphError) -> Progress {
        guard let (first, last, total) = Self.parse(field) else {
            throw .invalidRange("The Content-Range header is missing or malformed.")
        }
        guard total == size, last < size else { throw .invalidRange("The range does not fit the attachment's size.") }
        guard last - first + 1 == bytes.count else { throw .invalidRange("The range does not fit the request's body.") }
        guard first == received.count else {
            throw .invalidRange("Expected the range that begins at \(received.count).")
        }
        received.append(contentsOf: bytes)
        return received.count == size ? .complete : .more(next: received.count)
    }

    var attachment: DraftAttachment {
        DraftAttachment(name: name, contentType: contentType, bytes: received, isInline: isInline, contentID: contentID)
    }

    private static func parse(_ field: String) -> (first: Int, last: Int, total: Int)? {
        guard field.hasPrefix("bytes ") else { return nil }
        let numbers = field.dropFirst(6).split { $0 == "-" || $0 == "/" }.compactMap { Int($0) }
        guard numbers.count == 3, numbers[0] <= numbers[1] else { return nil }
        return (numbers[0], numbers[1], numbers[2])
    }
}
