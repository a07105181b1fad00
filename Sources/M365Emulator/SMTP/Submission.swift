import MailModel
import SMTPProtocol

/// One message between DATA and the answer to its final dot.
struct Submission: Sendable {
    var number: Int
    var connection: UInt64
    var mailbox: String
    var appID: String
    var envelope: Envelope
    /// One of those the limit allows at a time; the others are refused, where the limit is held here.
    var isGranted: Bool
    var fault: FaultRule?
}

/// What the final dot leads to.
enum SubmissionVerdict: Hashable, Sendable {
    case reply(Reply)
    /// Nothing is said.
    case silence
}

/// A connection's state as far as limits look at it.
struct SMTPConnection: Sendable {
    /// Once it has authenticated.
    var mailbox = ""
    var appID = ""
}

extension EmulatorState {
    mutating func beginSubmission(_ envelope: Envelope, connection: UInt64, at moment: Moment) -> Submission {
        let session = smtpConnections[connection] ?? SMTPConnection()
        let mailbox = session.mailbox.isEmpty ? anonymousMailbox(envelope) : session.mailbox
        let limit = settings.limits.smtpSubmissions
        let isGranted = limit == 0 || counters[mailbox].granted < limit
        counters.change(mailbox) { $0.submit(isGranted: isGranted) }
        return Submission(
            number: log.open(.smtp, mailbox: mailbox, at: moment.now), connection: connection, mailbox: mailbox,
            appID: session.appID, envelope: envelope, isGranted: isGranted,
            fault: smtpFault(.data, mailbox: mailbox))
    }

    /// The final dot has come, and the time it takes to process has passed.
    mutating func complete(_ submission: Submission, _ bytes: [UInt8], at moment: Moment) -> SubmissionVerdict {
        let reply = decide(submission, bytes, at: moment)
        guard let fault = submission.fault, fault.when == .after, !reply.isRefusal else { return .reply(reply) }
        switch fault.effect {
        case .stall, .reset: return .silence
        case .answer: return .reply(fault.status == 0 ? reply : fault.reply)
        }
    }

    private mutating func decide(_ submission: Submission, _ bytes: [UInt8], at moment: Moment) -> Reply {
        if let fault = submission.fault, fault.when != .after, fault.hasReply { return fault.reply }
        if !submission.isGranted, settings.smtp.refuseAt == .data {
            counters.change(submission.mailbox) { $0.smtpThrottled += 1 }
            return concurrencyRefusal()
        }
        var message = OutgoingMessage(
            mime: bytes, mailbox: submission.mailbox, messageID: exchangeMessageID(), date: moment.wall)
        message.useEnvelope(submission.envelope)
        if let refusal = refusal(of: message, submission, bytes, at: moment.now) { return refusal }
        return accept(message, submission, at: moment)
    }

    private mutating func refusal(
        of message: OutgoingMessage, _ submission: Submission, _ bytes: [UInt8], at now: Instant
    ) -> Reply? {
        guard let (_, mailbox) = directory.owner(of: submission.mailbox) else {
            return ExchangeReplies.sendAsDenied(submission.mailbox, message.from)
        }
        let limits = settings.limits
        if limits.messageBytes > 0, bytes.count > limits.messageBytes { return ExchangeReplies.tooLarge }
        if !OutgoingMessage.hasFrom(bytes) { return ExchangeReplies.noFrom }
        let senders = [message.from] + (submission.envelope.sender.map { [$0.description] } ?? [])
        if let other = senders.first(where: { !mailbox.mayAppear(as: $0) }) {
            return ExchangeReplies.sendAsDenied(mailbox.address, other)
        }
        if mailbox.full { return ExchangeReplies.mailboxFull }
        if settings.smtp.refusesAboveRate,
            departures[mailbox.address.lowercased(), default: DepartureSchedule()]
                .next(at: now, rate: limits.messagesPerMinute) > now
        {
            return ExchangeReplies.rateLimit
        }
        let fits = hasRecipientQuota(message.recipients.count, mailbox: mailbox.address, at: now)
        return fits ? nil : ExchangeReplies.recipientQuota
    }

    private mutating func accept(_ message: OutgoingMessage, _ submission: Submission, at moment: Moment) -> Reply {
        var message = message
        let id = exchangeMessageID()
        if settings.smtp.replacesMessageID { message.replaceMessageID(by: id) }
        let departs = schedule(submission.mailbox, at: moment.now)
        var item = StoredMessage(
            immutableID: messageItemID(), draftID: messageItemID(), movedID: messageItemID(),
            mailbox: submission.mailbox, content: DraftContent(mime: message.mime), created: moment.wall)
        item.sent = moment.wall
        item.fate = .submitted(
            departs: departs, visible: departs + Duration(fractionalSeconds: settings.graph.sentItemsDelay))
        store.add(item)
        deliver(
            message, mailbox: submission.mailbox, appID: submission.appID, path: .smtp, requestID: id, departs: departs,
            at: moment)
        return ExchangeReplies.accepted(id, host: settings.smtp.hostname)
    }

    /// The submission is over, however it ended.
    mutating func end(_ submission: Submission, _ verdict: SubmissionVerdict?, bytes: Int, at moment: Moment) {
        counters.change(submission.mailbox) { $0.finishSubmission(isGranted: submission.isGranted) }
        var reply: Reply?
        if case .reply(let said) = verdict { reply = said }
        counters.answered(.smtp, reply?.code ?? 0)
        log.change(submission.number) {
            $0.answered = moment.now
            $0.status = reply?.code ?? 0
            $0.code = reply?.status?.description ?? ""
            $0.bytes = bytes
            $0.appID = submission.appID
        }
    }

    /// Processing takes its time; a refusal at the limit comes at once.
    func latency(of submission: Submission) -> Duration {
        let isRefused = !submission.isGranted && settings.smtp.refuseAt == .data
        let own = isRefused ? 0 : settings.smtp.latency
        return Duration(fractionalSeconds: own + (submission.fault?.delay ?? 0))
    }

    mutating func concurrencyRefusal() -> Reply {
        refusals += 1
        switch settings.smtp.refusalWording {
        case .older: return ExchangeReplies.threadLimit
        case .newer: return ExchangeReplies.connectionLimit(settings.smtp.hostname)
        case .alternate:
            return refusals % 2 == 1
                ? ExchangeReplies.connectionLimit(settings.smtp.hostname) : ExchangeReplies.threadLimit
        }
    }

    private mutating func exchangeMessageID() -> String {
        "<\(random.name(24))@\(random.name(15)).eurprd01.prod.outlook.com>"
    }

    private func anonymousMailbox(_ envelope: Envelope) -> String {
        let sender = envelope.sender?.description ?? ""
        return directory.owner(of: sender)?.1.address.lowercased() ?? sender.lowercased()
    }
}

extension FaultRule {
    /// A reset before anything is done is said with 421, which ends the session.
    var reply: Reply {
        effect == .reset
            ? Reply(421, .init(4, 4, 2), "Connection dropped") : ExchangeReplies.parse("\(status) \(message)")
    }

    var hasReply: Bool { effect == .reset || status > 0 }
}
