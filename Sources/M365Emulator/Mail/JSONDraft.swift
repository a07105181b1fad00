import MIME
import MailModel

/// Graph's message resource, as far as mail is sent with it.
struct JSONDraft: Sendable {
    private struct Person: Sendable {
        var name: String
        var address: String

        init(_ json: JSONValue) {
            name = json["emailAddress"]["name"].string ?? ""
            address = json["emailAddress"]["address"].string ?? ""
        }

        var field: String {
            name.isEmpty || name == address
                ? "<\(address)>" : "\(JSONDraft.headerText(name, quoted: true)) <\(address)>"
        }

        var isAddress: Bool { (try? Address(parsing: address)) != nil }
    }

    private static let headerLimit = 5

    private let subject: String
    let isHTML: Bool
    private let text: String
    private let from: [Person]
    private let sender: [Person]
    private let to: [Person]
    private let cc: [Person]
    private let bcc: [Person]
    private let replyTo: [Person]
    private let headers: [(name: String, value: String)]
    private let importance: String
    private let wantsReadReceipt: Bool
    let messageID: String
    var attachments: [DraftAttachment]

    init(_ json: JSONValue) throws(GraphError) {
        func people(_ key: String) -> [Person] { (json[key].array ?? []).map(Person.init) }
        func person(_ key: String) -> [Person] { json[key].object == nil ? [] : [Person(json[key])] }
        subject = json["subject"].string ?? ""
        isHTML = json["body"]["contentType"].string?.lowercased() == "html"
        text = json["body"]["content"].string ?? ""
        (from, sender) = (person("from"), person("sender"))
        (to, cc, bcc) = (people("toRecipients"), people("ccRecipients"), people("bccRecipients"))
        replyTo = people("replyTo")
        importance = json["importance"].string?.lowercased() ?? "normal"
        messageID = json["internetMessageId"].string ?? ""
        headers =
            try Self.headers(json["internetMessageHeaders"].array ?? [])
            + Self.properties(json["singleValueExtendedProperties"].array ?? [])
        wantsReadReceipt = json["isReadReceiptRequested"].bool ?? false
        attachments = []
        for item in json["attachments"].array ?? [] { attachments.append(try DraftAttachment(json: item)) }
    }

    private static func headers(_ list: [JSONValue]) throws(GraphError) -> [(name: String, value: String)] {
        guard list.count <= headerLimit else { throw .tooManyHeaders }
        var headers: [(name: String, value: String)] = []
        for item in list {
            let name = item["name"].string ?? ""
            guard name.lowercased().hasPrefix("x-") else { throw .headerName(name) }
            headers.append((name, item["value"].string ?? ""))
        }
        return headers
    }

    /// Those of MAPI's that are a field of the header (MS-OXCMAIL §2.1.3).
    private static func properties(_ list: [JSONValue]) -> [(name: String, value: String)] {
        let names = ["string 0x1042": "In-Reply-To", "string 0x1039": "References"]
        let words = ["1": "Personal", "2": "Private", "3": "Company-Confidential"]
        return list.compactMap { item in
            let (id, value) = (item["id"].string?.lowercased() ?? "", item["value"].string ?? "")
            if id == "integer 0x0036" || id == "integer 0x36" {
                return words[value].map { (name: "Sensitivity", value: $0) }
            }
            return names[id].map { (name: $0, value: value) }
        }
    }

    var bccAddresses: [String] { bcc.map(\.address) }

    var badRecipients: [String] { (to + cc + bcc).filter { !$0.isAddress }.map(\.address) }

    /// The message that recipients see, Bcc included: `OutgoingMessage` reads it and takes it out.
    func rendered(mailbox: String, messageID: String, date: Timestamp) -> [UInt8] {
        var lines = ["From: \(from.first?.field ?? "<\(mailbox)>")"]
        if let sender = sender.first, sender.address.lowercased() != from.first?.address.lowercased() {
            lines.append("Sender: \(sender.field)")
        }
        for (name, people) in [("To", to), ("Cc", cc), ("Bcc", bcc), ("Reply-To", replyTo)] where !people.isEmpty {
            lines.append("\(name): " + people.filter(\.isAddress).map(\.field).joined(separator: ",\r\n "))
        }
        lines.append("Subject: " + Self.headerText(subject))
        lines += ["Message-ID: \(messageID)", "Date: \(date.mailDate)", "MIME-Version: 1.0"]
        if importance != "normal" { lines.append("Importance: \(importance)") }
        if wantsReadReceipt { lines.append("Disposition-Notification-To: \(from.first?.field ?? "<\(mailbox)>")") }
        lines += headers.map { "\($0.name): \(Self.oneLine($0.value))" }
        return Array((lines.joined(separator: "\r\n") + "\r\n").utf8) + body
    }

    /// Content-Type, the empty line, and everything behind it.
    private var body: [UInt8] {
        let kind = isHTML ? "text/html" : "text/plain"
        let main = Self.part(["Content-Type: \(kind); charset=utf-8"], Array(text.utf8))
        guard !attachments.isEmpty else { return main }
        let boundary = "=_emulator_\(Base64.encodeURL(Array(messageID.utf8)).prefix(40))"
        var bytes = Array("Content-Type: multipart/mixed; boundary=\"\(boundary)\"\r\n\r\n".utf8)
        for part in [main] + attachments.map(Self.part) { bytes += Array("--\(boundary)\r\n".utf8) + part }
        return bytes + Array("--\(boundary)--\r\n".utf8)
    }

    private static func part(_ attachment: DraftAttachment) -> [UInt8] {
        let name = headerText(attachment.name)
        let place = attachment.isInline ? "inline" : "attachment"
        var fields = [
            "Content-Type: \(oneLine(attachment.contentType)); name=\"\(name)\"",
            "Content-Disposition: \(place); filename=\"\(name)\"",
        ]
        if !attachment.contentID.isEmpty { fields.append("Content-ID: <\(oneLine(attachment.contentID))>") }
        return part(fields, attachment.bytes)
    }

    private static func part(_ fields: [String], _ content: [UInt8]) -> [UInt8] {
        let head = (fields + ["Content-Transfer-Encoding: base64"]).joined(separator: "\r\n") + "\r\n\r\n"
        var bytes = Array(head.utf8)
        for start in stride(from: 0, to: content.count, by: 57) {
            bytes += Array(Base64.encode(content[start..<min(start + 57, content.count)]).utf8) + Array("\r\n".utf8)
        }
        return bytes
    }

    /// Plain where it can be, else in encoded words (RFC 2047).
    private static func headerText(_ text: String, quoted: Bool = false) -> String {
        let isPlain = text.utf8.allSatisfy { 0x20...0x7E ~= $0 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
        guard isPlain, !text.contains("=?"), text.utf8.count < 900 else {
            return EncodedWord.encode(text).joined(separator: "\r\n ")
        }
        return quoted ? "\"\(text)\"" : text
    }

    private static func oneLine(_ text: String) -> String {
        String(decoding: text.utf8.map { $0 < 0x20 ? UInt8(ascii: " ") : $0 }, as: UTF8.self)
    }
}
