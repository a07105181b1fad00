import Foundation
import GRDB
package import MailModel

/// What delivery needs to know of a claimed message.
package struct QueuedMessage: Hashable, Sendable {
    /// An attempt whose answer was lost: look before sending again, and never on another path.
    package struct Unresolved: Hashable, Sendable {
        package var path: Path
        package var startedDate: Timestamp
        /// When the answer was given up; for an attempt that was cut off, when that was noticed.
        package var finishedDate: Timestamp

        package init(path: Path, startedDate: Timestamp, finishedDate: Timestamp) {
            self.path = path
            self.startedDate = startedDate
            self.finishedDate = finishedDate
        }
    }

    package var id: QueueID
    package var envelope: Envelope
    package var route: String
    package var mailbox: Address
    package var headerFrom: String?
    package var messageID: String?
    /// In bytes.
    package var size: Int
    package var priority: Priority
    package var client: String?
    package var user: String?
    /// The `Received` field to be put on top, or nothing.
    package var received: [UInt8]
    /// One of several rows that a message with too many recipients became: its headers name those of the others, too.
    package var isPart: Bool
    package var trial: String?
    /// The only path it may take: an operator asked for it, the other cannot carry it, or an answer on it was lost.
    package var via: Path?
    package var createdDate: Timestamp
    /// When the time to give up began to run: at acceptance, or when an operator last resent it.
    package var waitingSince: Timestamp
    package var attempts: Int
    /// How many of them moved its own retry clock.
    package var retries: Int
    /// The path of the last attempt.
    package var lastPath: Path?
    package var unresolved: Unresolved?
    /// That an attempt by Graph has made.
    package var draft: RememberedDraft?

    package init(
        id: QueueID, envelope: Envelope, route: String, mailbox: Address, headerFrom: String? = nil,
        messageID: String? = nil, size: Int, priority: Priority, client: String? = nil, user: String? = nil,
        received: [UInt8], isPart: Bool, trial: String? = nil, via: Path? = nil, createdDate: Timestamp,
        waitingSince: Timestamp, attempts: Int, retries: Int, lastPath: Path? = nil, unresolved: Unresolved? = nil,
        draft: RememberedDraft? = nil
    ) {
        self.id = id
        self.envelope = envelope
        self.route = route
        self.mailbox = mailbox
        self.headerFrom = headerFrom
        self.messageID = messageID
        self.size = size
        self.priority = priority
        self.client = client
        self.user = user
        self.received = received
        self.isPart = isPart
        self.trial = trial
        self.via = via
        self.createdDate = createdDate
        self.waitingSince = waitingSince
        self.attempts = attempts
        self.retries = retries
        self.lastPath = lastPath
        self.unresolved = unresolved
        self.draft = draft
    }
}

extension QueuedMessage {
    static let columns = """
        id, sender, recipients, route, mailbox, header_from, message_id, size, priority, client, user, trial, via,
        created_date, resent_date, attempts, retries, path, received, is_part, draft_id
        """

    /// `nil` where the row holds what Postern never writes.
    init?(_ row: Row) {
        guard let recipients = JSONArray.decode(row[2]), let sender = Self.sender(row[1]),
            let mailbox = try? Address(parsing: row[4] as String), let priority = Priority(rawValue: row[8]),
            let created = Timestamp(row[13] as String)
        else { return nil }
        id = QueueID(rawValue: row[0])
        envelope = Envelope(sender: sender.address, recipients: recipients)
        route = row[3]
        self.mailbox = mailbox
        headerFrom = row[5]
        messageID = row[6]
        size = row[7]
        self.priority = priority
        client = row[9]
        user = row[10]
        isPart = row[19]
        received = (row[18] as Data?).map { Array($0) } ?? []
        trial = row[11]
        via = (row[12] as String?).flatMap(Path.init(rawValue:))
        createdDate = created
        waitingSince = (row[14] as String?).flatMap { Timestamp($0) } ?? created
        attempts = row[15]
        retries = row[16]
        lastPath = (row[17] as String?).flatMap(Path.init(rawValue:))
        draft = RememberedDraft(column: row[20])
    }

    private static func sender(_ text: String) -> (address: Address?, Void)? {
        if text.isEmpty { return (nil, ()) }
        return (try? Address(parsing: text)).map { ($0, ()) }
    }
}
