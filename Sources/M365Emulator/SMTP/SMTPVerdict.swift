import MailModel
import SMTPProtocol
import SMTPTransport

/// What a question of an SMTP session leads to.
struct SMTPVerdict: Hashable, Sendable {
    /// An end without a word.
    enum Cut: Hashable, Sendable {
        case reset
        /// Closed in order.
        case drop
        /// Nothing, until the client closes its side.
        case stall
    }

    /// `nil` accepts with the usual words.
    var reply: Reply?
    /// In place of saying it.
    var cut: Cut?
    /// Before either.
    var delay = Duration.zero
}

extension EmulatorState {
    /// What a fault makes of a question that `decide` answers otherwise.
    mutating func verdict(
        _ stage: FaultRule.Stage, mailbox: String, recipient: String = "",
        otherwise decide: (inout EmulatorState) -> Reply?
    ) -> SMTPVerdict {
        guard let fault = smtpFault(stage, mailbox: mailbox, recipient: recipient) else {
            return SMTPVerdict(reply: decide(&self))
        }
        return fault.verdict(over: fault.strikes ? nil : decide(&self), host: settings.smtp.hostname)
    }

    mutating func smtpFault(_ stage: FaultRule.Stage, mailbox: String, recipient: String = "") -> FaultRule? {
        faults.fault(for: .smtp, mailbox: mailbox, recipient: recipient, stage: stage, using: &random)
    }
}

extension FaultRule {
    /// It does more than to make the client wait.
    var strikes: Bool { effect != .answer || status > 0 }

    /// The fault in place of `reply`, or only its delay; `{hostname}` in its message stands for the host's name.
    func verdict(over reply: Reply?, host: String) -> SMTPVerdict {
        var verdict = SMTPVerdict(reply: reply, delay: Duration(fractionalSeconds: delay))
        switch effect {
        case .answer:
            let text = message.split(separator: "{hostname}", omittingEmptySubsequences: false).joined(separator: host)
            if status > 0 { verdict.reply = ExchangeReplies.parse("\(status) \(text)") }
        case .reset: verdict.cut = .reset
        case .drop: verdict.cut = .drop
        case .stall: verdict.cut = .stall
        }
        return verdict
    }
}

extension EmulatorCore {
    /// Does to the connection what is decided.
    ///
    /// - Returns: what is said to the client, if it is still there.
    func carryOut(_ verdict: SMTPVerdict, on line: ConnectionLine?) async -> Reply? {
        // Where the wait is cut short the emulator is stopping, and what the client hears no longer matters.
        if verdict.delay > .zero { try? await clock.sleep(verdict.delay) }
        switch verdict.cut {
        case nil: return verdict.reply
        case .reset: await line?.reset()
        case .drop: await line?.close()
        case .stall:
            await line?.waitForPeer()
            await line?.close()
        }
        return Reply(421, .init(4, 4, 2), "Connection dropped")
    }
}
