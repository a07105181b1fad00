import MailModel

/// A message in a mailbox, in whichever folder it is at the moment of looking.
struct StoredMessage: Sendable {
    enum Folder: String, Sendable {
        case drafts
        case sentItems = "sentitems"
        case inbox
    }

    /// What has become of it: a message leaves Drafts when transport takes it, and shows in Sent Items a while later.
    enum Fate: Hashable, Sendable {
        case draft
        case submitted(departs: Instant, visible: Instant)
        case received
    }

    /// Stays the same from draft to Sent Items.
    let immutableID: String
    /// Good while the message is a draft.
    let draftID: String
    /// Good once it is elsewhere.
    let movedID: String
    let mailbox: String
    var content: DraftContent
    var fate = Fate.draft
    let created: Timestamp
    var sent: Timestamp?

    /// `nil` between departure and the copy's appearance.
    func folder(at now: Instant) -> Folder? {
        switch fate {
        case .draft: .drafts
        case .received: .inbox
        case .submitted(let departs, let visible):
            if now < departs { .drafts } else if now < visible { nil } else { .sentItems }
        }
    }

    func isCalled(_ id: String, at now: Instant) -> Bool {
        guard let folder = folder(at: now) else { return false }
        return id == immutableID || id == (folder == .drafts ? draftID : movedID)
    }

    /// Can be changed, sent and deleted: not yet handed to transport.
    var isUnsent: Bool { fate == .draft }
}

/// A message a recipient would have got, with the recipients the emulator computed for it.
struct CapturedMessage: Sendable {
    enum Path: String, Sendable { case graph, smtp }

    var number: Int
    var path: Path
    var mailbox: String
    var appID: String
    var sender: String
    var recipients: [String]
    /// As the recipients see it: without Bcc.
    var mime: [UInt8]
    var messageID: String
    var subject: String
    /// When it was handed in, and when transport let it go.
    var submitted: Moment
    var departs: Instant
    var requestID: String
}
