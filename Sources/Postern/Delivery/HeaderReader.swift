import EmailLog
import MIME

/// Reads a stored message up to the end of its header.
enum HeaderReader {
    private static let step = 64 * 1024

    static func header(of body: MessageBody) throws(EmailLogError) -> HeaderBlock {
        var length = step
        while true {
            let block = HeaderBlock(parsing: try body.read(at: 0, upTo: length))
            if block.isComplete || length >= body.size { return block }
            length *= 2
        }
    }
}
