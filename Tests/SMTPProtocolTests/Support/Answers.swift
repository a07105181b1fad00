import MailModel
import SMTPProtocol

/// A reply as a server writes it: `550 5.1.1 No such user`.
func reply(_ line: String) -> Reply {
    var parser = ReplyParser()
    parser.append("\(line)\r\n".utf8)
    guard let reply = try? parser.next() else { preconditionFailure("not a reply: \(line)") }
    return reply
}

/// `deferred mailbox throttled`
func word(_ outcome: Outcome) -> String {
    switch outcome {
    case .accepted: "accepted"
    case .deferred(let refusal, _): "deferred \(refusal.scope) \(refusal.cause)"
    case .rejected(let refusal): "rejected \(refusal.scope) \(refusal.cause)"
    case .unknown(let refusal): "unknown \(refusal.scope) \(refusal.cause)"
    }
}

func word(_ verdict: SubmissionAnswer.Verdict) -> String {
    switch verdict {
    case .outcome(let outcome): word(outcome)
    case .unauthenticated(let refusal): "unauthenticated \(refusal.scope) \(refusal.cause)"
    }
}

func refusalGiven(by verdict: SubmissionAnswer.Verdict) -> Refusal? {
    switch verdict {
    case .outcome(let outcome): outcome.refusal
    case .unauthenticated(let refusal): refusal
    }
}
