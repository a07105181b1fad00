import MailModel

/// All mailboxes' messages, and the record of what was sent.
struct MailStore: Sendable {
    private var messages: [String: [StoredMessage]] = [:]
    private(set) var captured: [CapturedMessage] = []

    /// The mailbox's messages that can be seen at the moment, newest first.
    func messages(of mailbox: String, in folder: StoredMessage.Folder? = nil, at now: Instant) -> [StoredMessage] {
        let all = messages[mailbox.lowercased()] ?? []
        return all.reversed().filter { message in
            guard let place = message.folder(at: now) else { return false }
            return folder == nil || place == folder
        }
    }

    func message(_ id: String, of mailbox: String, at now: Instant) -> StoredMessage? {
        messages[mailbox.lowercased()]?.first { $0.isCalled(id, at: now) }
    }

    /// Drafts that were never sent, of all mailboxes.
    var draftCount: Int { messages.values.joined().count { $0.isUnsent } }

    mutating func add(_ message: StoredMessage) { messages[message.mailbox.lowercased(), default: []].append(message) }

    /// Changes the message of that immutable id.
    mutating func update(_ message: StoredMessage) {
        let mailbox = message.mailbox.lowercased()
        guard let index = messages[mailbox]?.firstIndex(where: { $0.immutableID == message.immutableID }) else {
            return
        }
        messages[mailbox]?[index] = message
    }

    mutating func remove(_ message: StoredMessage) {
        messages[message.mailbox.lowercased()]?.removeAll { $0.immutableID == message.immutableID }
    }

    mutating func capture(_ message: CapturedMessage) {
        var message = message
        message.number = captured.count + 1
        captured.append(message)
    }
}
