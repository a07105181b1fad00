package import MailModel

/// A file's name in the maildrop: the queue id that its message will have, and a random part that keeps it from being
/// guessed, since whoever knows it may read the file.
///
/// The id is in the name so that a message is accepted once: the service commits it under this id before it deletes the
/// file, and recognises it where it ended in between.
package struct MaildropName: Hashable, Sendable, CustomStringConvertible {
    package let id: QueueID
    private let random: String

    package init(_ id: QueueID, using generator: inout some RandomNumberGenerator) {
        self.id = id
        random = (0..<2).map { _ in String(generator.next() as UInt64, radix: 36) }.joined()
    }

    /// `nil` for a name of another form. Anybody may put files there, so an id must look like one of ours.
    package init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count == 14, !parts[1].isEmpty, parts[1].utf8.count <= 64,
            parts.allSatisfy({ $0.utf8.allSatisfy(Self.isPlain) })
        else { return nil }
        id = QueueID(rawValue: String(parts[0]))
        random = String(parts[1])
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// The same file for another message.
    func replacing(_ id: QueueID) -> MaildropName { MaildropName(id, random) }

    private init(_ id: QueueID, _ random: String) {
        self.id = id
        self.random = random
    }

    package var description: String { "\(id).\(random)" }
}
