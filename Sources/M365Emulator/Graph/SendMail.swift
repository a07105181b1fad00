import MailModel
import SMTPProtocol

/// `sendMail`, and what becomes of a message once it is accepted (user: sendMail; things to know about sending mail).
extension EmulatorState {
    mutating func sendMail(_ call: GraphCall) throws(GraphError) -> HTTPAnswer {
        let (content, saves) = try Self.readSendMail(call)
        var message = newMessage(content, call)
        try submit(&message, call)
        if saves { store.add(message) }
        return HTTPAnswer(202)
    }

    private static func readSendMail(_ call: GraphCall) throws(GraphError) -> (DraftContent, saves: Bool) {
        switch call.head.mediaType {
        case "text/plain": return (try DraftContent(base64: call.body), true)
        case "application/json":
            let json = try DraftContent.parse(call.body)
            let members = Dictionary((json.object ?? [:]).map { ($0.lowercased(), $1) }) { first, _ in first }
            guard let message = members["message"], message.object != nil else {
                throw .badRequest("The property 'Message' is required.")
            }
            return (try DraftContent(json: message), members["savetosentitems"]?.bool ?? true)
        default: throw GraphError(415, "UnsupportedMediaType", "The Content-Type of the request is not supported.")
        }
    }

    mutating func newMessage(_ content: DraftContent, _ call: GraphCall) -> StoredMessage {
        var content = content
        content.assignMessageID("<\(random.name(24))@\(random.name(15)).eurprd01.prod.outlook.com>")
        return StoredMessage(
            immutableID: messageItemID(), draftID: messageItemID(), movedID: messageItemID(),
            mailbox: call.mailbox.address, content: content, created: call.moment.wall)
    }

    /// Checks a message and hands it to transport.
    mutating func submit(_ message: inout StoredMessage, _ call: GraphCall) throws(GraphError) {
        let limits = settings.limits
        let outgoing = try outgoing(message, call)
        guard !outgoing.recipients.isEmpty else { throw .noRecipients }
        if let bad = outgoing.badRecipients.first { throw .invalidRecipient(bad) }
        guard outgoing.recipients.count <= limits.recipientsPerMessage || limits.recipientsPerMessage == 0 else {
            throw .tooManyRecipients
        }
        guard outgoing.mime.count <= limits.messageBytes || limits.messageBytes == 0 else { throw .messageTooLarge }
        guard !call.mailbox.full else { throw .quotaExceeded }
        let departs = schedule(call.mailbox.address, at: call.moment.now)
        message.sent = call.moment.wall
        message.fate = .submitted(
            departs: departs, visible: departs + Duration(fractionalSeconds: settings.graph.sentItemsDelay))
        deliver(
            outgoing, mailbox: call.mailbox.address, appID: call.identity.app.clientID, path: .graph,
            requestID: call.exchange.requestID, departs: departs, at: call.moment)
    }

    private func outgoing(_ message: StoredMessage, _ call: GraphCall) throws(GraphError) -> OutgoingMessage {
        var outgoing = message.content.outgoing(from: call.mailbox.address, date: call.moment.wall)
        guard !call.mailbox.mayAppear(as: outgoing.from) else { return outgoing }
        guard message.content.isMIME, settings.graph.mimeFrom == .replace else { throw .sendAsDenied }
        outgoing.replaceFrom(by: call.mailbox.address)
        return outgoing
    }

    /// Exchange's rate per mailbox: when does the next one leave?
    mutating func schedule(_ mailbox: String, at now: Instant) -> Instant {
        departures[mailbox.lowercased(), default: DepartureSchedule()].schedule(
            at: now, rate: settings.limits.messagesPerMinute)
    }

    /// True where today's recipients of the mailbox leave room for these.
    mutating func hasRecipientQuota(_ count: Int, mailbox: String, at now: Instant) -> Bool {
        let limit = settings.limits.recipientsPerDay
        guard limit > 0 else { return true }
        var window = dailyRecipients[mailbox.lowercased()] ?? SlidingWindow(length: .seconds(86400))
        defer { dailyRecipients[mailbox.lowercased()] = window }
        guard window.sum(at: now) + count <= limit else { return false }
        window.add(count, at: now)
        return true
    }

    /// The message is accepted: what recipients get is recorded, or, above the day's quota, a report comes to the Inbox.
    mutating func deliver(
        _ outgoing: OutgoingMessage, mailbox: String, appID: String, path: CapturedMessage.Path, requestID: String,
        departs: Instant, at moment: Moment
    ) {
        counters.change(mailbox) {
            $0.accepted += 1
            $0.messages.add(at: moment.now)
        }
        if path == .graph, let reason = reasonForReport(outgoing, mailbox: mailbox, at: moment.now) {
            return report(outgoing, reason, mailbox: mailbox, at: moment)
        }
        store.capture(
            CapturedMessage(
                number: 0, path: path, mailbox: mailbox, appID: appID, sender: outgoing.from,
                recipients: outgoing.recipients.map(\.description), mime: outgoing.mime, messageID: outgoing.messageID,
                subject: outgoing.subject, submitted: moment, departs: departs, requestID: requestID))
    }

    private mutating func reasonForReport(_ outgoing: OutgoingMessage, mailbox: String, at now: Instant) -> Reply? {
        if let reply = restriction(of: mailbox) { return reply }
        let fits = hasRecipientQuota(outgoing.recipients.count, mailbox: mailbox, at: now)
        return fits ? nil : ExchangeReplies.dailyRecipients
    }

    /// What the standing of the mailbox, or of its tenant, brings its messages.
    func restriction(of mailbox: String) -> Reply? {
        guard let (tenant, mailbox) = directory.owner(of: mailbox) else { return nil }
        return tenant.restriction.reply ?? mailbox.restriction.reply
    }

    /// What follows a 202 that transport could not honour: a report in the sender's Inbox.
    private mutating func report(
        _ outgoing: OutgoingMessage, _ reason: Reply, mailbox: String, at moment: Moment
    ) {
        let text = """
            From: postmaster@emulator.invalid\r
            To: \(mailbox)\r
            Subject: Undeliverable: \(outgoing.subject)\r
            Message-ID: <\(random.name(20))@emulator.invalid>\r
            In-Reply-To: \(outgoing.messageID)\r
            Date: \(moment.wall.mailDate)\r
            \r
            \(reason.description)\r

            """
        var message = StoredMessage(
            immutableID: messageItemID(), draftID: messageItemID(), movedID: messageItemID(), mailbox: mailbox,
            content: DraftContent(mime: Array(text.utf8)), created: moment.wall)
        message.fate = .received
        store.add(message)
    }
}
