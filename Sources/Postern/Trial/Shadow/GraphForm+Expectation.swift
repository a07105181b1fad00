import EmailLog
import GraphProtocol
import MIME
import MailModel

/// What a message in its form asks of Graph, and what should come of it there.
extension GraphForm {
    /// As `SendChoice.Form` says it.
    var word: String {
        switch self {
        case .mime: SendChoice.Form.mimeRequest.rawValue
        case .draft: SendChoice.Form.upload.rawValue
        }
    }

    /// Octets of what is sent: of the one request, or of the draft and the contents of its attachments.
    var requestSize: Int {
        switch self {
        case .mime(let outgoing): Base64.encodedLength(of: outgoing.size)
        case .draft(let draft): draft.resource.count + draft.attachments.map(\.file.size).reduce(0, +)
        }
    }

    var expectation: DraftExpectation {
        switch self {
        case .mime(let outgoing):
            var expectation = DraftExpectation(HeaderBlock(parsing: outgoing.header))
            expectation.isHTML = outgoing.isHTML
            return expectation
        case .draft(let draft):
            var expectation = DraftExpectation(HeaderBlock(parsing: draft.header))
            expectation.headers.removeAll { name in draft.omitted.contains { $0.lowercased() == name.lowercased() } }
            expectation.headers.removeAll { !$0.lowercased().hasPrefix("x-") }
            expectation.attachments = draft.attachments.map { .init(name: $0.file.name, size: $0.file.size) }
            return expectation
        }
    }
}

extension DraftExpectation {
    init(_ header: HeaderBlock) {
        func people(_ name: String) -> [Address] {
            header.all(named: name).flatMap { AddressList(parsing: $0.unfolded).addresses.map(\.address) }
        }
        self.init()
        subject = header.first(named: "Subject")?.decodedValue
        (to, cc, bcc) = (people("To"), people("Cc"), people("Bcc"))
        messageID = header.first(named: "Message-ID")?.value
        headers = Self.names(in: header)
    }

    /// Those that are nobody's but the message's own, and that should arrive as they are.
    private static func names(in header: HeaderBlock) -> [String] {
        var names: [String] = []
        for field in header.fields where !field.isOpaque && HeaderFate.of(field.name) == nil {
            let name = field.name.lowercased()
            let isOwn = ["x-", "list-"].contains(where: name.hasPrefix)
            // Properties of their own in Exchange.
            let isProperty = ["x-priority", "x-msmail-priority", "x-mailer"].contains(name)
            if isOwn, !isProperty, !names.contains(field.name) { names.append(field.name) }
        }
        return names
    }
}

extension OutgoingMessage {
    /// Whether it has a text in HTML; `nil` where it is too large to look, or cannot be read.
    fileprivate var isHTML: Bool? {
        guard size <= 100_000, let message = try? DraftMessage.decompose(header, body) else { return nil }
        return message.text?.isHTML
    }
}
