// A message as Graph's JSON has it ("message resource type"; "Create message"). Threads and sensitivity have no property of
// their own there: they go as MAPI's (MS-OXPROPS: PidTagInReplyToId 0x1042, PidTagInternetReferences 0x1039,
// PidTagSensitivity 0x0036).

/// Without its attachments, which follow one by one.
package struct MessageResource: Hashable, Sendable {
    /// Octets of a request's body ("Create message": 4 MB), a margin left.
    package static let largestBody = 3_900_000

    package struct Person: Hashable, Sendable {
        package var name: String?
        package var address: String

        package init(name: String? = nil, address: String) {
            self.name = name
            self.address = address
        }
    }

    /// Names begin with `x-`; five at most.
    package struct Header: Hashable, Sendable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    package var subject = ""
    package var text = ""
    package var isHTML = false
    package var from: Person
    package var sender: Person?
    package var to: [Person] = []
    package var cc: [Person] = []
    package var bcc: [Person] = []
    package var replyTo: [Person] = []
    /// With its angle brackets.
    package var messageID: String?
    package var inReplyTo: String?
    package var references: String?
    /// `low`, `normal`, `high`.
    package var importance = "normal"
    /// 1 personal, 2 private, 3 confidential.
    package var sensitivity: Int?
    package var wantsReadReceipt = false
    package var wantsDeliveryReceipt = false
    package var headers: [Header] = []

    package init(from: Person) { self.from = from }

    package var json: [UInt8] {
        var members = [
            ("subject", JSONValue.quote(subject)),
            (
                "body",
                Self.object([("contentType", isHTML ? "\"HTML\"" : "\"Text\""), ("content", JSONValue.quote(text))])
            ),
            ("from", from.json), ("importance", JSONValue.quote(importance)),
        ]
        if let sender { members.append(("sender", sender.json)) }
        let lists = [("toRecipients", to), ("ccRecipients", cc), ("bccRecipients", bcc), ("replyTo", replyTo)]
        for (name, people) in lists where !people.isEmpty { members.append((name, Self.array(people.map(\.json)))) }
        if let messageID { members.append(("internetMessageId", JSONValue.quote(messageID))) }
        if wantsReadReceipt { members.append(("isReadReceiptRequested", "true")) }
        if wantsDeliveryReceipt { members.append(("isDeliveryReceiptRequested", "true")) }
        if !headers.isEmpty { members.append(("internetMessageHeaders", Self.array(headers.map(\.json)))) }
        if !properties.isEmpty { members.append(("singleValueExtendedProperties", Self.array(properties))) }
        return Array(Self.object(members).utf8)
    }

    private var properties: [String] {
        [
            inReplyTo.map { ("String 0x1042", $0) }, references.map { ("String 0x1039", $0) },
            sensitivity.map { ("Integer 0x0036", String($0)) },
        ].compactMap { property in
            property.map { Self.object([("id", JSONValue.quote($0)), ("value", JSONValue.quote($1))]) }
        }
    }

    static func array(_ elements: [String]) -> String { "[" + elements.joined(separator: ",") + "]" }

    /// - Parameter members: values as JSON.
    static func object(_ members: [(String, String)]) -> String {
        "{" + members.map { "\(JSONValue.quote($0)):\($1)" }.joined(separator: ",") + "}"
    }
}

extension MessageResource.Person {
    fileprivate var json: String {
        let name = name.map { [("name", JSONValue.quote($0))] } ?? []
        return MessageResource.object([
            ("emailAddress", MessageResource.object([("address", JSONValue.quote(address))] + name))
        ])
    }
}

extension MessageResource.Header {
    fileprivate var json: String {
        MessageResource.object([("name", JSONValue.quote(name)), ("value", JSONValue.quote(value))])
    }
}
