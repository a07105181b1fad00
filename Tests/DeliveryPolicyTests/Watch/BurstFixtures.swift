import MailModel

let noon = Timestamp(secondsSince1970: 1_795_262_400)

/// What the incident's storm says.
let tooManyConnections = FailedAnswer(
    .throttled, 432, "4.3.2",
    "Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending for more information.")

/// An answer that let no message through.
struct FailedAnswer: Sendable, CustomStringConvertible {
    let trouble: TroubledAttempt.Trouble
    let status: Int?
    let code: String?
    let text: String?

    init(_ trouble: TroubledAttempt.Trouble, _ status: Int?, _ code: String? = nil, _ text: String? = nil) {
        self.trouble = trouble
        self.status = status
        self.code = code
        self.text = text
    }

    var description: String { "\(trouble) \(status ?? 0) \(code ?? "-") \(text ?? "-")" }
}

/// - Parameters:
///   - moment: milliseconds after noon when it finished.
///   - took: milliseconds.
func failure(
    _ id: String, _ answer: FailedAnswer = tooManyConnections, at moment: Int64, took: Int64 = 100, attempt: Int = 1,
    by path: Path = .smtp, route: String = "contoso", mailbox: String = "reports@contoso.com", hasEnded: Bool = true,
    requestID: String? = nil, now status: Status = .sent
) -> TroubledAttempt {
    let finished = noon + .milliseconds(moment)
    return TroubledAttempt(
        id: QueueID(rawValue: id), attempt: attempt, lane: LaneKey(route: route, mailbox: address(mailbox)), path: path,
        startedDate: finished - .milliseconds(took), finishedDate: finished, hasEnded: hasEnded,
        trouble: answer.trouble, status: answer.status, code: answer.code, text: answer.text, requestID: requestID,
        messageStatus: status)
}
