import MailModel

@testable import EmailLog

// Messages as the store has them, without a reception.

let ann = address("ann@contoso.com")
let bob = address("bob@contoso.com")

func waiting(
    _ id: String, from mailbox: Address = ann, to recipients: [Address] = [address("eve@example.org")],
    route: String = "contoso", priority: Priority = .normal, at date: Timestamp = noon,
    via: Path? = nil, start: Submission.Start = .queued,
    body: Submission.Body = .bytes(mail("Subject: \u{2709}", "", "Hello"))
) -> Submission {
    Submission(
        queueID: QueueID(rawValue: id), createdDate: date,
        envelopes: [Envelope(sender: mailbox, recipients: recipients)], route: route, mailbox: mailbox,
        priority: priority, received: Array("Received: by relay.test\r\n".utf8), via: via, start: start, body: body)
}

/// A message as it was claimed.
func claimed(
    _ id: String = "q1", to recipients: [Address] = [address("eve@example.org")], sender: Address? = ann,
    messageID: String? = "<stored@contoso.com>"
) -> QueuedMessage {
    QueuedMessage(
        id: QueueID(rawValue: id), envelope: Envelope(sender: sender, recipients: recipients), route: "contoso",
        mailbox: ann, messageID: messageID, size: 0, priority: .normal,
        received: Array("Received: by relay.test\r\n".utf8), isPart: id.contains("-"), createdDate: noon,
        waitingSince: noon, attempts: 0,
        retries: 0)
}

let acceptance = Outcome.accepted(Receipt(status: 202, requestID: "request-1"))

func throttling(_ wait: Duration?) -> Outcome {
    .deferred(
        Refusal(scope: .mailbox, cause: .throttled, status: 429, code: "ApplicationThrottled", text: "slow down"),
        retryAfter: wait)
}

func refusal(
    _ scope: Refusal.Scope, _ cause: Refusal.Cause, status: Int? = nil, _ text: String = "no luck"
) -> Refusal {
    Refusal(scope: scope, cause: cause, status: status, text: text)
}
