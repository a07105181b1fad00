import EmailLog
import MIME
import MailModel

/// Reads a stored message up to the end of its header.
enum HeaderReader {
    private static let step = 64 * 1024
    /// No mail program writes as much, and Exchange takes far less; parsed, it takes several times its room in memory.
    static let largest = 1024 * 1024

    /// - Returns: what there is of the header; where that is too much, incomplete.
    static func header(of body: MessageBody) throws(EmailLogError) -> HeaderBlock {
        var length = step
        while true {
            let block = HeaderBlock(parsing: try body.read(at: 0, upTo: length))
            if block.isComplete || length >= min(body.size, largest) { return block }
            length *= 2
        }
    }

    /// Why a message is not sent whose header goes on and on; `nil` for any other.
    static func refusal(of block: HeaderBlock, in body: MessageBody) -> Refusal? {
        guard !block.isComplete, body.size > largest else { return nil }
        return Refusal(
            scope: .message, cause: .rejected,
            text:
                "The header of the message does not end within \(largest) octets: it is no message as RFC 5322 has it.")
    }
}
