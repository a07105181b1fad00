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
    /// The app came in by the role its token names, which opens no mailbox by itself.
    var needsFullAccess: Bool
    var fault: FaultRule?
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
            appID: session.appID, envelope: envelope, isGranted: isGranted, needsFullAccess: session.needsFullAccess,
            fault: smtpFault(.data, mailbox: mailbox))
    }

    /// The final dot has come, and the time it takes to process has passed.
    mutating func complete(_ submission: Submission, _ bytes: [UInt8], at moment: Moment) -> SMTPVerdict {
        let host = settings.smtp.hostname
        let fault = submission.fault
        if let fault, fault.when != .after, fault.strikes { return fault.verdict(over: nil, host: host) }
        let reply = decide(submission, bytes, at: moment)
        guard let fault, !reply.isRefusal else { return SMTPVerdict(reply: reply) }
        return fault.verdict(over: reply, host: host)
    }

    private mutating func decide(_ submission: Submission, _ bytes: [UInt8], at moment: Moment) -> Reply {
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
        guard let (tenant, mailbox) = directory.owner(of: submission.mailbox) else {
            return ExchangeReplies.sendAsDenied(submission.mailbox, message.from)
        }
        let app = directory.app(submission.appID, in: tenant)
        if submission.needsFullAccess, app?.fullAccess.matches(mailbox.address) == false {
            return ExchangeReplies.logonFailure
        }
        let limits = settings.limits
        if limits.messageBytes > 0, bytes.count > limits.messageBytes { return ExchangeReplies.tooLarge }
        if !OutgoingMessage.hasFrom(bytes) { return ExchangeReplies.noFrom }
        let senders = [message.from] + (submission.envelope.sender.map { [$0.description] } ?? [])
        if let other = senders.first(where: { !mailbox.mayAppear(as: $0) }) {
            return ExchangeReplies.sendAsDenied(mailbox.address, other)
        }
        if mailbox.full { return ExchangeReplies.mailboxFull }
        if let reply = restriction(of: mailbox.address) { return reply }
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
    mutating func end(_ submission: Submission, _ verdict: SMTPVerdict?, bytes: Int, at moment: Moment) {
        counters.change(submission.mailbox) { $0.finishSubmission(isGranted: submission.isGranted) }
        let reply = verdict?.cut == nil ? verdict?.reply : nil
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
        return Duration(fractionalSeconds: isRefused ? 0 : settings.smtp.latency)
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
