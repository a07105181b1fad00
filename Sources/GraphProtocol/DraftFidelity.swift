// What Exchange has made of a message that was handed in as a draft, beside what was handed in ("Get message"; "message
// resource type"; "List attachments": a size is that of the attachment with what Exchange keeps of it besides). Only what
// the answer shows is compared.

package import MailModel

/// As Exchange shows a draft.
package struct DraftFacts: Hashable, Sendable {
    package struct Attachment: Hashable, Sendable {
        package var name: String
        package var size: Int

        package init(name: String, size: Int) {
            self.name = name
            self.size = size
        }
    }

    package var subject: String?
    package var from: String?
    package var to: [String]
    package var cc: [String]
    /// `nil` where the answer does not show it.
    package var bcc: [String]?
    package var messageID: String?
    package var isHTML: Bool?
    /// Names in lower case; `nil` where there are none to see, as of drafts there need not be.
    package var headers: Set<String>?
    package var attachments: [Attachment]?

    /// - Returns: `nil` where the answer shows no message.
    package init?(_ reply: Result<WireResponse, WireFailure>) {
        guard case .success(let response) = reply, response.status == 200, let json = JSONValue(response.body),
            json["id"]?.string != nil
        else { return nil }
        func people(_ name: String) -> [String]? { json[name].map { $0.elements.compactMap(\.address) } }
        subject = json["subject"]?.string
        from = json["from"]?.address
        (to, cc, bcc) = (people("toRecipients") ?? [], people("ccRecipients") ?? [], people("bccRecipients"))
        messageID = json["internetMessageId"]?.string
        isHTML = json["body"]?["contentType"]?.string.map { $0.lowercased() == "html" }
        let names = json["internetMessageHeaders"]?.elements.compactMap { $0["name"]?.string?.lowercased() } ?? []
        headers = names.isEmpty ? nil : Set(names)
        attachments = json["attachments"].map { list in
            list.elements.map { Attachment(name: $0["name"]?.string ?? "", size: $0["size"]?.integer ?? 0) }
        }
    }
}

extension JSONValue {
    fileprivate var address: String? { self["emailAddress"]?["address"]?.string }
}

/// As it was handed in.
package struct DraftExpectation: Hashable, Sendable {
    package var subject: String?
    package var to: [Address] = []
    package var cc: [Address] = []
    package var bcc: [Address] = []
    package var messageID: String?
    package var isHTML: Bool?
    /// Names that should be there.
    package var headers: [String] = []
    /// Octets of content; `nil` where nobody has counted them.
    package var attachments: [DraftFacts.Attachment]?

    package init() {}

    package struct Difference: Hashable, Sendable {
        /// `draft.subject`, `draft.header.x-mailer`, …
        package let kind: String
        package let words: String
    }

    package func differences(in facts: DraftFacts) -> [Difference] {
        [subject(facts), recipients(facts), messageID(facts), body(facts), attachments(facts)].compactMap(\.self)
            + missingHeaders(facts)
    }

    private func subject(_ facts: DraftFacts) -> Difference? {
        guard let found = facts.subject, Self.words(found) != Self.words(subject ?? "") else { return nil }
        return Difference(kind: "draft.subject", words: "Exchange shows another subject: \(found)")
    }

    private func recipients(_ facts: DraftFacts) -> Difference? {
        let lists = [("To", to, facts.to), ("Cc", cc, facts.cc)] + (facts.bcc.map { [("Bcc", bcc, $0)] } ?? [])
        let changed = lists.filter { _, expected, found in
            Set(expected.map(\.folded)) != Set(found.map { ((try? Address(parsing: $0))?.folded) ?? $0.lowercased() })
        }
        guard !changed.isEmpty else { return nil }
        let words = changed.map { name, _, found in
            "\(name): \(found.isEmpty ? "nobody" : found.joined(separator: ", "))"
        }
        return Difference(
            kind: "draft.recipients",
            words: "Exchange reads other recipients from the header: \(words.joined(separator: "; "))")
    }

    private func messageID(_ facts: DraftFacts) -> Difference? {
        guard let expected = messageID, let found = facts.messageID, expected != found else { return nil }
        return Difference(
            kind: "draft.message-id", words: "Exchange gives the message an id of its own: \(found)")
    }

    private func body(_ facts: DraftFacts) -> Difference? {
        guard let expected = isHTML, let found = facts.isHTML, expected != found else { return nil }
        return Difference(
            kind: "draft.body", words: "Exchange reads the text as \(found ? "HTML" : "plain text").")
    }

    private func attachments(_ facts: DraftFacts) -> Difference? {
        guard let expected = attachments, let found = facts.attachments else { return nil }
        guard expected.count == found.count else {
            return Difference(
                kind: "draft.attachments",
                words: "Exchange shows \(found.count) attachments; \(expected.count) were handed in.")
        }
        let (given, kept) = (expected.map(\.size).reduce(0, +), found.map(\.size).reduce(0, +))
        guard kept < given else { return nil }
        return Difference(
            kind: "draft.attachments",
            words: "Exchange shows attachments of \(kept) octets; \(given) were handed in.")
    }

    private func missingHeaders(_ facts: DraftFacts) -> [Difference] {
        guard let found = facts.headers else { return [] }
        return headers.filter { !found.contains($0.lowercased()) }.map { name in
            Difference(
                kind: "draft.header.\(name.lowercased())", words: "The draft does not show the header field \(name).")
        }
    }

    /// Blanks are folded and unfolded on the way.
    private static func words(_ text: String) -> [Substring] { text.split { $0.isWhitespace } }
}
