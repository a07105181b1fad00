import MIME
import MailModel

/// Looking for messages: lists with `$filter`, `$select` and `$top`, and single messages (list messages; get message).
extension EmulatorState {
    private static let pageSize = 10
    private static let largestPage = 1000

    func list(_ call: GraphCall, folder name: String?) throws(GraphError) -> HTTPAnswer {
        var folder: StoredMessage.Folder?
        if let name {
            guard let known = StoredMessage.Folder(rawValue: name.lowercased()) else { throw .itemNotFound }
            folder = known
        }
        let filter = try MessageFilter(call.head.query["$filter"] ?? "")
        let top = min(Self.largestPage, max(1, call.head.query["$top"].flatMap(Int.init) ?? Self.pageSize))
        let found = store.messages(of: call.mailbox.address, in: folder, at: call.moment.now)
            .filter { filter.matches($0, at: call.moment.now) }
        return HTTPAnswer(
            200,
            json: [
                "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#users/messages",
                "value": .array(found.prefix(top).map { $0.json(call) }),
            ])
    }

    func read(_ call: GraphCall, _ id: String) throws(GraphError) -> HTTPAnswer {
        HTTPAnswer(200, json: try existing(call, id).json(call))
    }
}

/// Conditions joined by `and`, each `property eq value`, on the properties a sender looks for (OData 4.0 §11.2.6.1).
struct MessageFilter: Sendable {
    private enum Condition: Sendable {
        case messageID(String)
        case subject(String)
        case isDraft(Bool)
    }

    private let conditions: [Condition]

    init(_ text: String) throws(GraphError) {
        var conditions: [Condition] = []
        for part in Self.split(text) {
            let words = part.split(separator: " ", maxSplits: 2).map(String.init)
            guard words.count == 3, words[1] == "eq", let condition = Self.condition(words[0], words[2]) else {
                throw GraphError(400, "BadRequest", "Invalid filter clause: \(part)")
            }
            conditions.append(condition)
        }
        self.conditions = conditions
    }

    func matches(_ message: StoredMessage, at now: Instant) -> Bool {
        conditions.allSatisfy { condition in
            switch condition {
            case .messageID(let id): message.content.messageID == id
            case .subject(let subject): message.subject == subject
            case .isDraft(let isDraft): (message.folder(at: now) == .drafts) == isDraft
            }
        }
    }

    private static func condition(_ property: String, _ value: String) -> Condition? {
        switch property {
        case "internetMessageId": unquote(value).map { .messageID($0) }
        case "subject": unquote(value).map { .subject($0) }
        case "isDraft": Bool(value).map { .isDraft($0) }
        default: nil
        }
    }

    /// `'it''s'` is `it's`.
    private static func unquote(_ value: String) -> String? {
        guard value.count >= 2, value.hasPrefix("'"), value.hasSuffix("'") else { return nil }
        let inner = value.dropFirst().dropLast()
        return inner.split(separator: "''", omittingEmptySubsequences: false).joined(separator: "'")
    }

    /// At each ` and ` outside quotes.
    private static func split(_ text: String) -> [String] {
        var parts: [String] = []
        var current = ""
        var isQuoted = false
        for character in text {
            if character == "'" { isQuoted.toggle() }
            current.append(character)
            guard !isQuoted, current.hasSuffix(" and ") else { continue }
            parts.append(String(current.dropLast(5)))
            current = ""
        }
        return current.isEmpty ? parts : parts + [current]
    }
}

extension StoredMessage {
    var subject: String { summary.subject }

    private var summary: OutgoingMessage { content.preview(from: mailbox, date: sent ?? created) }

    /// The message resource, reduced to what `$select` names.
    func json(_ call: GraphCall) -> JSONValue {
        let now = call.moment.now
        let folder = folder(at: now)
        let id = call.head.prefersImmutableIDs ? immutableID : (folder == .drafts ? draftID : movedID)
        let summary = summary
        var json: [String: JSONValue] = [
            "id": .string(id), "isDraft": .bool(folder == .drafts), "internetMessageId": .string(content.messageID),
            "subject": .string(summary.subject), "parentFolderId": .string(folder?.rawValue ?? ""),
            "createdDateTime": .string(created.graphDate), "sentDateTime": .string((sent ?? created).graphDate),
            "receivedDateTime": .string((sent ?? created).graphDate), "hasAttachments": .bool(content.hasAttachments),
            "from": Self.person(summary.from), "sender": Self.person(summary.from),
            "internetMessageHeaders": Self.headers(summary.mime),
        ]
        for (key, name) in [("toRecipients", "To"), ("ccRecipients", "Cc")] {
            json[key] = .array(Self.addresses(name, summary.mime).map(Self.person))
        }
        json["bccRecipients"] = .array(content.bcc.map(Self.person))
        json["body"] = ["contentType": .string(content.isHTML ? "html" : "text"), "content": .string("")]
        if call.head.query["$expand"]?.hasPrefix("attachments") ?? false, let attachments = content.attachments {
            json["attachments"] = .array(attachments.map(Self.attachment))
        }
        guard let selected = call.head.query["$select"], !selected.isEmpty else {
            json["internetMessageHeaders"] = nil
            return .object(json)
        }
        let names = Set(selected.split(separator: ",").map { String($0.filter { $0 != " " }) } + ["id", "attachments"])
        return .object(json.filter { names.contains($0.key) })
    }

    private static func person(_ address: String) -> JSONValue {
        ["emailAddress": ["name": .string(address), "address": .string(address)]]
    }

    private static func attachment(_ attachment: DraftAttachment) -> JSONValue {
        [
            "@odata.type": "#microsoft.graph.fileAttachment", "name": .string(attachment.name),
            "size": .number(attachment.bytes.count), "isInline": .bool(attachment.isInline),
        ]
    }

    private static func addresses(_ name: String, _ mime: [UInt8]) -> [String] {
        HeaderBlock(parsing: mime).all(named: name).flatMap { field in
            AddressList(parsing: field.unfolded).addresses.map(\.address.description)
        }
    }

    private static func headers(_ mime: [UInt8]) -> JSONValue {
        .array(
            HeaderBlock(parsing: mime).fields.filter { !$0.isOpaque }.map { field in
                ["name": .string(field.name), "value": .string(field.value)]
            })
    }
}
