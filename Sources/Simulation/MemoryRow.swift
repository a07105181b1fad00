import EmailLog
import MailModel

/// A row of `email_log` with its attempts, as far as delivery can tell.
final class MemoryRow {
    struct Attempt {
        let record: AttemptRecord
        var isUnknown: Bool { if case .unknown = record.outcome { true } else { false } }
    }

    struct Claim {
        let claimant: Int
        let date: Timestamp
        let path: Path
    }

    let id: QueueID
    /// The part of the id that all rows of a message share.
    let base: String
    /// Breaks ties, as the key of the table does.
    let serial: Int
    let lane: LaneKey
    /// Where the lane's waiting rows stand in order.
    let index: WaitingIndex
    let sender: Address?
    let size: Int
    let priority: Priority
    let createdDate: Timestamp
    var recipients: [Address]
    var isPart: Bool
    var status: Status
    /// The date of the next attempt, in Q.
    var due: Timestamp?
    let trial: String?
    var via: Path?
    var attempts: [Attempt] = []
    var retries = 0
    var path: Path?
    var fellBack = false
    var errorText: String?
    var resentDate: Timestamp?
    var resends = 0
    var claim: Claim?
    var hasBody = true
    var draft: RememberedDraft?

    init(
        _ submission: Submission, _ envelope: Envelope, id: QueueID, size: Int?, serial: Int, claimant: Int,
        in index: WaitingIndex
    ) {
        self.id = id
        base = id.base
        self.serial = serial
        lane = LaneKey(route: submission.route, mailbox: submission.mailbox)
        self.index = index
        sender = envelope.sender
        self.size = size ?? submission.body.size
        priority = submission.priority
        createdDate = submission.createdDate
        recipients = envelope.recipients
        isPart = submission.envelopes.count > 1
        trial = submission.trial
        via = submission.via
        switch submission.start {
        case .queued: (status, due) = (.queued, submission.createdDate)
        case .held: status = .held
        case .inProgress(let path):
            status = .inProgress
            claim = Claim(claimant: claimant, date: submission.createdDate, path: path)
        }
    }

    /// With the same history.
    init(copying row: MemoryRow, id: QueueID, serial: Int) {
        self.id = id
        base = row.base
        self.serial = serial
        lane = row.lane
        index = row.index
        sender = row.sender
        size = row.size
        priority = row.priority
        createdDate = row.createdDate
        recipients = row.recipients
        isPart = row.isPart
        status = row.status
        due = row.due
        trial = row.trial
        via = row.via
        attempts = row.attempts
        retries = row.retries
        path = row.path
        fellBack = row.fellBack
        errorText = row.errorText
        resentDate = row.resentDate
        resends = row.resends
        claim = row.claim
        hasBody = row.hasBody
        draft = row.draft
    }

    var lastUnknown: AttemptRecord? { attempts.last(where: \.isUnknown)?.record }
    var unknownCount: Int { attempts.count(where: \.isUnknown) }
    var waitingSince: Timestamp { resentDate ?? createdDate }

    var message: QueuedMessage {
        QueuedMessage(
            id: id, envelope: Envelope(sender: sender, recipients: recipients), route: lane.route,
            mailbox: lane.mailbox,
            size: size, priority: priority, received: [], isPart: isPart, trial: trial, via: via,
            createdDate: createdDate,
            waitingSince: waitingSince, attempts: attempts.count, retries: retries, lastPath: path,
            unresolved: lastUnknown.map {
                QueuedMessage.Unresolved(
                    path: $0.path, startedDate: $0.startedDate, finishedDate: $0.startedDate + $0.duration)
            },
            draft: draft)
    }

    var waiting: WaitingRow {
        WaitingRow(
            id: id, priority: priority, nextAttemptDate: due ?? createdDate, recipientCount: recipients.count,
            size: size,
            createdDate: createdDate, via: via, isTrial: trial == "trial")
    }

    var queue: LaneQueue { LaneQueue(via: via, isTrial: trial == "trial") }
}

extension QueueID {
    /// Without the number of the part.
    var base: String { String(rawValue.utf8.prefix { $0 != UInt8(ascii: "-") }) ?? rawValue }
}
