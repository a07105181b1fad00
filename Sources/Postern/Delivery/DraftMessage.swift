import EmailLog
import GraphProtocol
import MIME
import MailModel

/// A message in the form of a draft: what its resource says, and its attachments, whose bytes stay in the store.
struct DraftMessage: Sendable {
    struct Attachment: Sendable {
        let file: FileAttachment
        let content: DecomposedMessage.Content
    }

    enum Failure: Error {
        case indecomposable(Indecomposable)
        case unreadable(EmailLogError)
    }

    /// That it was made of.
    let header: [UInt8]
    /// As JSON.
    let resource: [UInt8]
    let attachments: [Attachment]
    /// Names of the header fields that find no place in it.
    let omitted: [String]
    let body: MessageBody

    /// Reads the whole message, and every attachment to its end: nothing is begun that cannot be finished.
    ///
    /// - Parameter header: as it is to leave, for a carrier without an envelope.
    init(header: [UInt8], body: MessageBody) throws(Failure) {
        let message = try Self.decompose(header, body)
        self.header = header
        let text = try Self.text(of: message, body)
        resource = MessageResource(message.header, text: text, isHTML: message.text?.isHTML ?? false).json
        guard resource.count <= MessageResource.largestBody else {
            throw .indecomposable(.textTooLarge(resource.count))
        }
        var attachments: [Attachment] = []
        for attachment in message.attachments { attachments.append(try Self.measured(attachment, body)) }
        self.attachments = attachments
        omitted = message.header.omitted
        self.body = body
    }

    static func decompose(_ header: [UInt8], _ body: MessageBody) throws(Failure) -> DecomposedMessage {
        let scanned = try PartScanner.scan(body)
        do {
            return try DecomposedMessage(
                header: HeaderBlock(parsing: header), parts: scanned.parts, sawAll: scanned.sawAll)
        } catch {
            throw .indecomposable(error)
        }
    }

    private static func text(of message: DecomposedMessage, _ body: MessageBody) throws(Failure) -> String {
        guard let text = message.text else { return "" }
        guard text.content.range.count <= 4 * DecomposedMessage.largestText else {
            throw .indecomposable(.textTooLarge(text.content.range.count))
        }
        let octets: [UInt8]
        do {
            var reader = ContentReader(text.content, of: body)
            octets = try reader.readAll()
        } catch {
            throw Failure(error, in: "text")
        }
        do { return try text.decode(octets) } catch { throw .indecomposable(error) }
    }

    private static func measured(
        _ attachment: DecomposedMessage.Attachment, _ body: MessageBody
    ) throws(Failure) -> Attachment {
        let size: Int
        do {
            size = try ContentReader(attachment.content, of: body).count()
        } catch {
            throw Failure(error, in: attachment.name)
        }
        guard size <= DecomposedMessage.largestAttachment else {
            throw .indecomposable(.attachmentTooLarge(name: attachment.name, size: size))
        }
        let file = FileAttachment(
            name: attachment.name, type: attachment.type, size: size, isInline: attachment.isInline,
            contentID: attachment.contentID)
        return Attachment(file: file, content: attachment.content)
    }
}

extension DraftMessage {
    /// What the log says of a message that went in this form.
    ///
    /// - Parameter uploads: attachments that took sessions.
    func note(uploads: Int) -> String {
        let count = "\(attachments.count) attachment\(attachments.count == 1 ? "" : "s")"
        let sessions = uploads == 0 ? "" : ", \(uploads) of them by upload session\(uploads == 1 ? "" : "s")"
        let left = omitted.isEmpty ? "" : " Header fields that find no place there: \(omitted.joined(separator: ", "))."
        return "Sent in the upload form: a draft with \(count)\(sessions).\(left)"
    }
}

extension DraftMessage.Failure {
    fileprivate init(_ failure: ContentReader.Failure, in part: String) {
        switch failure {
        case .unreadable(let error): self = .unreadable(error)
        case .damaged: self = .indecomposable(.damaged(part: part))
        }
    }
}

/// What a scanner has found in a stored message.
private struct ScannedParts {
    let parts: PartStructure
    let sawAll: Bool
}

extension PartScanner {
    private static let pieceLength = 256 * 1024

    fileprivate static func scan(_ body: MessageBody) throws(DraftMessage.Failure) -> ScannedParts {
        var scanner = PartScanner()
        var offset = 0
        do throws(EmailLogError) {
            while offset < body.size {
                let piece = try body.read(at: offset, upTo: pieceLength)
                guard !piece.isEmpty else { throw .other("the stored body has become shorter") }
                scanner.append(piece)
                offset += piece.count
            }
        } catch {
            throw .unreadable(error)
        }
        let parts = scanner.finish()
        return ScannedParts(parts: parts, sawAll: scanner.sawAll)
    }
}

extension MessageResource {
    fileprivate init(_ header: DecomposedHeader, text: String, isHTML: Bool) {
        self.init(from: Person(header.from))
        (subject, self.text, self.isHTML) = (header.subject, text, isHTML)
        sender = header.sender.map { Person($0) }
        to = header.to.map { Person($0) }
        cc = header.cc.map { Person($0) }
        bcc = header.bcc.map { Person($0) }
        replyTo = header.replyTo.map { Person($0) }
        (messageID, inReplyTo, references) = (header.messageID, header.inReplyTo, header.references)
        (importance, sensitivity) = (header.importance.rawValue, header.sensitivity?.rawValue)
        (wantsReadReceipt, wantsDeliveryReceipt) = (header.wantsReadReceipt, header.wantsDeliveryReceipt)
        headers = header.fields.map { Header(name: $0.name, value: $0.value) }
    }
}

extension MessageResource.Person {
    fileprivate init(_ person: NamedAddress) {
        self.init(name: person.displayName, address: person.address.description)
    }
}
