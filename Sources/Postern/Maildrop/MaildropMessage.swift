import Foundation
package import MailModel
import SMTPProtocol

/// A message as it lies in the maildrop: one line of JSON with its envelope, and behind it the content as SMTP would carry it
/// behind DATA, so that its final dot tells a whole file from a torn one.
package struct MaildropMessage: Hashable, Sendable {
    /// Why a file is none.
    package enum Fault: Error, Hashable, Sendable, CustomStringConvertible {
        case noEnvelope
        case badAddress(String)
        case noRecipients
        case torn
        case somethingBehind

        package var description: String {
            switch self {
            case .noEnvelope: "its first line is no envelope"
            case .badAddress(let text): "`\(text)` in its envelope is no address"
            case .noRecipients: "its envelope names no recipient"
            case .torn: "its end is missing"
            case .somethingBehind: "something stands behind its end"
            }
        }
    }

    /// The first line; times as in `email_log`, an empty sender is the null path.
    private struct Head: Codable {
        var sender: String
        var recipients: [String]
        var date: String
    }

    package var envelope: Envelope
    /// When it was handed in.
    package var date: Timestamp
    /// Every line ended by CRLF.
    package var content: [UInt8]

    package init(envelope: Envelope, date: Timestamp, content: [UInt8]) {
        self.envelope = envelope
        self.date = date
        self.content = content
    }

    package func encoded() throws -> [UInt8] {
        let head = Head(
            sender: envelope.sender?.description ?? "", recipients: envelope.recipients.map(\.description),
            date: date.description)
        var bytes = Array(try JSONEncoder().encode(head)) + [UInt8(ascii: "\n")]
        bytes.reserveCapacity(bytes.count + content.count + content.count / 64 + 8)
        var encoder = DataEncoder()
        encoder.encode(content, into: &bytes)
        encoder.finish(into: &bytes)
        return bytes
    }

    package init(decoding bytes: [UInt8]) throws(Fault) {
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")),
            let head = try? JSONDecoder().decode(Head.self, from: Data(bytes[..<end])), let date = Timestamp(head.date)
        else { throw .noEnvelope }
        let sender = head.sender.isEmpty ? nil : try Self.address(head.sender)
        var recipients: [Address] = []
        for text in head.recipients { recipients.append(try Self.address(text)) }
        guard !recipients.isEmpty else { throw .noRecipients }
        self.init(
            envelope: Envelope(sender: sender, recipients: recipients), date: date,
            content: try Self.content(bytes[(end + 1)...]))
    }

    private static func address(_ text: String) throws(Fault) -> Address {
        do throws(Address.ParseError) { return try Address(parsing: text) } catch { throw .badAddress(text) }
    }

    private static func content(_ bytes: ArraySlice<UInt8>) throws(Fault) -> [UInt8] {
        var decoder = DataDecoder()
        var content: [UInt8] = []
        content.reserveCapacity(bytes.count)
        let taken = decoder.decode(bytes, into: &content)
        guard decoder.isFinished else { throw .torn }
        guard taken == bytes.count else { throw .somethingBehind }
        return content
    }
}
