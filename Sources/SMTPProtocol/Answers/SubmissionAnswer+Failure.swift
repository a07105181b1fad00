// What the end of a session means for the message it was meant for. Only what fails behind the final dot leaves it open
// whether the message was taken (RFC 5321 §4.5.3.2.6).

package import MailModel

extension SubmissionAnswer {
    package enum Verdict: Hashable, Sendable {
        case outcome(Outcome)
        /// The credentials were refused, nothing was offered: renew the token and repeat once. With a password, or if that is
        /// refused too, the refusal stands, for an operator to mend.
        case unauthenticated(Refusal)
    }

    /// For all recipients alike.
    package static func read(_ failure: ClientFailure) -> Verdict {
        switch failure.reason {
        case .refused(let reply): return verdict(on: reply, at: failure.phase.asked)
        case .authenticationRefused(let reply, _): return verdict(on: reply, at: .authentication)
        case .tlsNotOffered, .plaintextInjected, .mechanismNotOffered:
            return deferred(.route, .misconfigured, failure)
        case .bodyFailed: return deferred(.message, .malfunction, failure)
        case .malformedReply, .unexpectedReply, .timeout, .connectionClosed:
            guard failure.isOutcomeUnknown else { return deferred(.route, .unavailable, failure) }
            return .outcome(.unknown(Refusal(scope: .route, cause: .unavailable, text: failure.sentence)))
        }
    }

    private static func deferred(
        _ scope: Refusal.Scope, _ cause: Refusal.Cause, _ failure: ClientFailure
    ) -> Verdict {
        .outcome(.deferred(Refusal(scope: scope, cause: cause, text: failure.sentence), retryAfter: nil))
    }

    static func verdict(on reply: Reply, at phase: ClientPhase) -> Verdict {
        let said = SaidRefusal(reply)
        let rule = ReplyRule.first(for: said, at: phase)
        let isOneRecipients = phase == .recipients && rule.scope == .message
        let refusal = Refusal(
            scope: isOneRecipients ? .recipient : rule.scope, cause: rule.cause, status: said.code,
            code: said.status?.description,
            text: said.text.isEmpty ? "\(said.code) without an explanation" : said.text)
        return switch rule.verdict {
        case .deferred: .outcome(.deferred(refusal, retryAfter: nil))
        case .rejected: .outcome(.rejected(refusal))
        case .unauthenticated: .unauthenticated(refusal)
        }
    }
}

extension ClientPhase {
    /// What a refusal that ended the session was an answer to. Between MAIL and DATA only RSET's refusal and 421 end it,
    /// and neither is about the message.
    fileprivate var asked: ClientPhase {
        switch self {
        case .greeting, .hello, .startTLS, .authentication: self
        case .body, .endOfData: .endOfData
        case .handshake, .ready, .mail, .recipients, .data, .quit, .over: .ready
        }
    }

    fileprivate var moment: String {
        switch self {
        case .greeting: "before the greeting"
        case .hello: "at EHLO"
        case .startTLS: "at STARTTLS"
        case .handshake: "during the TLS handshake"
        case .authentication: "at AUTH"
        case .ready: "between messages"
        case .mail: "at MAIL"
        case .recipients: "at RCPT"
        case .data: "at DATA"
        case .body: "during the content"
        case .endOfData: "after the end of the content"
        case .quit: "at QUIT"
        case .over: "after the end of the session"
        }
    }
}

extension ClientFailure {
    /// What failed and where, and what to do where somebody can. What was said during AUTH is left out: it may echo a secret.
    fileprivate var sentence: String {
        switch reason {
        case .refused(let reply), .authenticationRefused(let reply, _):
            "The server refused \(phase.moment): \(reply)"
        case .tlsNotOffered:
            "The server does not offer STARTTLS, and nothing is sent without it. Check `host` and `port`; something on "
                + "the way may be removing it."
        case .plaintextInjected:
            "Plaintext followed the server's answer to STARTTLS. Something on the way may be tampering with the "
                + "connection."
        case .mechanismNotOffered(let offered):
            "The server does not offer the way of signing in that `auth` asks for; it offers "
                + (offered.isEmpty ? "none." : "\(offered.joined(separator: ", ")).")
        case .malformedReply(let line):
            "The server said what is no SMTP reply \(phase.moment)"
                + (mayEchoSecret ? "." : ": \(SaidRefusal.clean(line))")
        case .unexpectedReply(let reply):
            "The server gave an answer that makes no sense \(phase.moment)"
                + (mayEchoSecret ? ": \(reply.code)" : ": \(SaidRefusal.clean(reply.description))")
        case .timeout: "The server did not answer in time \(phase.moment)."
        case .connectionClosed: "The connection was lost \(phase.moment)."
        case .bodyFailed: "The message could not be read to its end."
        }
    }

    private var mayEchoSecret: Bool { phase == .authentication }
}
