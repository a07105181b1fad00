/// Writes content as the chunks of BDAT (RFC 3030 §2): each is counted beforehand, so that nothing in it can be taken for its end.
///
/// Line ends are made as behind DATA: every one a CRLF, the last line's included.
package struct ChunkEncoder: Sendable {
    private var lines = DataEncoder(stuffsDots: false)
    private var content: [UInt8] = []

    package init() {}

    /// Octets waiting to be sent.
    package var count: Int { content.count }

    /// Adds a piece of content to the next chunk.
    package mutating func append(_ piece: some Collection<UInt8>) { lines.encode(piece, into: &content) }

    /// Appends the next chunk, with its command, to `output`.
    ///
    /// - Parameter isLast: all content has been appended; the chunk may be empty then, and nothing may follow it.
    package mutating func take(isLast: Bool, into output: inout [UInt8]) {
        if isLast { lines.endLine(into: &content) }
        output.append(contentsOf: "BDAT \(content.count)\(isLast ? " LAST" : "")\r\n".utf8)
        output.append(contentsOf: content)
        content.removeAll(keepingCapacity: true)
    }
}
