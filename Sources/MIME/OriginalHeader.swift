// The part of a delivery report that returns the header of the message: text/rfc822-headers (RFC 6522 §4).

enum OriginalHeader {
    /// Of fields alone; one that does not fit whole is left out with all behind it.
    static let largest = 64 * 1024
    /// RFC 5322 §2.1.1, without the line end.
    private static let longestLine = 998

    /// Blind copies stay secret, since reports are passed on.
    static func part(of original: DeliveryStatusNotification.Original) -> [UInt8] {
        let header = HeaderBlock(parsing: original.head)
        var fields: [UInt8] = []
        // The last field of a beginning may be cut.
        let isCut = !header.isComplete && original.head.count >= largest
        for field in header.fields.dropLast(isCut ? 1 : 0)
        where !field.isOpaque && !field.isNamed("Bcc") && !field.isNamed("Resent-Bcc") {
            guard fields.count + field.raw.count <= largest else { break }
            fields += field.raw
        }
        let isPlain = isPlain(fields)
        let encoding = isPlain ? "" : "Content-Transfer-Encoding: quoted-printable\r\n"
        return Array("Content-Type: text/rfc822-headers\r\n\(encoding)\r\n".utf8)
            + terminated(isPlain ? fields : QuotedPrintable.encode(text: fields))
    }

    private static func isPlain(_ bytes: [UInt8]) -> Bool {
        var column = 0
        for (index, byte) in bytes.enumerated() {
            switch byte {
            case ASCII.carriageReturn:
                guard index + 1 < bytes.count, bytes[index + 1] == ASCII.lineFeed else { return false }
            case ASCII.lineFeed:
                guard index > 0, bytes[index - 1] == ASCII.carriageReturn else { return false }
                column = 0
            case 0, 0x80...0xFF: return false
            default:
                column += 1
                guard column <= longestLine else { return false }
            }
        }
        return true
    }

    private static func terminated(_ bytes: [UInt8]) -> [UInt8] {
        bytes.isEmpty || bytes.last == ASCII.lineFeed ? bytes : bytes + ASCII.lineEnd
    }
}
