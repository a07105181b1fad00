// What an attempt that looked says of itself, on the row and in its record.

import MailModel

extension GraphAttempt {
    static let foundSent = "An answer was lost, but the message was sent: it is in the mailbox, and no draft."
    static let notYet = waiting(
        "An answer was lost, and the message is not in the mailbox yet. It is looked for again when `lookup_after` has "
            + "passed, and sent again if it is not there then.")
    static let inDrafts = waiting(
        "An answer was lost, and the message is in Drafts, where it waits to be sent. It is looked for again.")
    static let cannotTell = waiting(
        "An answer was lost, and the mailbox does not tell whether the message was sent: its draft is gone, or another "
            + "message has the same Message-ID. Look into Sent Items, then `postern resend` or `postern queue cancel` it."
    )
    static let notKept = waiting("The draft could not be written down, so it was not sent.")
    static let outOfTurn = Refusal(scope: .message, cause: .malfunction, text: "an answer came that nobody asked for")

    private static func waiting(_ text: String) -> Refusal {
        Refusal(scope: .message, cause: .unavailable, text: text)
    }
}
