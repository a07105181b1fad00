// From what a server said to a message to an outcome for each recipient: the table of ReplyRules applied. A message that may
// have been taken is never called deferred.

package import MailModel

package enum SubmissionAnswer {
    /// Recipients who share one fate.
    package struct RecipientGroup: Hashable, Sendable {
        /// In the envelope's order; never empty.
        package var recipients: [Address]
        /// With the words said to the first of them.
        package var outcome: Outcome

        package init(recipients: [Address], outcome: Outcome) {
            self.recipients = recipients
            self.outcome = outcome
        }
    }

    /// - Returns: every recipient of the envelope in exactly one group; one group where all share a fate.
    package static func read(_ report: DeliveryReport, for envelope: Envelope) -> [RecipientGroup] {
        let replies = Dictionary(report.recipients.map { ($0.recipient, $0.reply) }, uniquingKeysWith: { $1 })
        return group(envelope.recipients) { outcome(for: replies[$0], report.conclusion) }
    }

    /// What an operator can do about a refusal; `nil` where there is nothing to do but wait, or where it says all itself.
    package static func advice(for refusal: Refusal) -> String? {
        guard let said = SaidRefusal(refusal) else { return nil }
        return ReplyRule.all.first { $0.fits(said) && $0.leads(to: refusal) }?.advice
    }

    private static func group(_ recipients: [Address], by fate: (Address) -> Outcome) -> [RecipientGroup] {
        var groups: [RecipientGroup] = []
        var positions: [Fate: Int] = [:]
        for recipient in recipients {
            let outcome = fate(recipient)
            let position = positions[Fate(outcome)]
            if let position {
                groups[position].recipients.append(recipient)
            } else {
                positions[Fate(outcome)] = groups.count
                groups.append(RecipientGroup(recipients: [recipient], outcome: outcome))
            }
        }
        return groups
    }

    /// - Parameter reply: to this recipient's RCPT, where it came to that.
    private static func outcome(for reply: Reply?, _ conclusion: DeliveryReport.Conclusion) -> Outcome {
        let own = reply.flatMap { $0.isRefusal ? outcome(of: $0, at: .recipients) : nil }
        switch conclusion {
        case .accepted(let final):
            return own ?? (reply == nil ? notOffered : .accepted(Receipt(final)))
        case .refused(.recipients, let first):
            return own ?? outcome(of: first, at: .recipients)
        case .refused(.mail, let final): return outcome(of: final, at: .mail)
        case .refused(.data, let final): return common(outcome(of: final, at: .data), own)
        case .refused(.message, let final): return common(outcome(of: final, at: .endOfData), own)
        case .tooLarge(let limit): return tooLarge(limit)
        case .needsUTF8: return needsUTF8
        }
    }

    /// Who can be tried again goes with the message, as it is going to be; who was refused for good does not.
    private static func common(_ whole: Outcome, _ own: Outcome?) -> Outcome {
        if case .deferred = whole, case .deferred = own { return whole }
        return own ?? whole
    }

    static func outcome(of reply: Reply, at phase: ClientPhase) -> Outcome {
        switch verdict(on: reply, at: phase) {
        case .outcome(let outcome): outcome
        case .unauthenticated(let refusal): .deferred(refusal, retryAfter: nil)
        }
    }
}

/// What decides who shares a row: not the words, in which many servers repeat the recipient's address.
private struct Fate: Hashable {
    let word: String
    let scope: Refusal.Scope?
    let cause: Refusal.Cause?
    let status: Int?
    let code: String?

    init(_ outcome: Outcome) {
        word = outcome.word
        scope = outcome.refusal?.scope
        cause = outcome.refusal?.cause
        status = outcome.refusal?.status
        code = outcome.refusal?.code
    }
}

// MARK: What no reply said

extension SubmissionAnswer {
    private static let notOffered = Outcome.deferred(
        Refusal(scope: .recipient, cause: .malfunction, text: "The server was not asked about this recipient."),
        retryAfter: nil)

    private static func tooLarge(_ limit: Int) -> Outcome {
        .rejected(
            Refusal(
                scope: .message, cause: .tooLarge,
                text:
                    "The message is larger than the \(limit) octets this server takes (SIZE). Send less, or send it by "
                    + "a path that takes more."))
    }

    private static let needsUTF8 = Outcome.rejected(
        Refusal(
            scope: .message, cause: .unrepresentable,
            text: "An address or a header holds other characters than ASCII, and this server does not take them "
                + "(SMTPUTF8). Use ASCII addresses, or send it by another path."))
}

extension ReplyRule {
    /// Whether the refusal can have come from this row.
    fileprivate func leads(to refusal: Refusal) -> Bool {
        cause == refusal.cause && (scope == refusal.scope || (scope == .message && refusal.scope == .recipient))
    }
}
