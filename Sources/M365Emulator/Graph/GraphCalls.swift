import MailModel

/// One permitted call on a mailbox.
struct GraphCall: Sendable {
    var exchange: Exchange
    var identity: Identity
    var mailbox: Mailbox
    var body: [UInt8]
    var moment: Moment

    var head: HTTPHead { exchange.head }
}

extension EmulatorState {
    /// What is asked for, done.
    mutating func process(_ exchange: Exchange, body: ReceivedBody, at moment: Moment) -> HTTPAnswer {
        guard case .complete(let bytes) = body else { return oversize(exchange, at: moment) }
        switch exchange.route {
        case .token(let tenant):
            guard exchange.head.method == "POST" else { return HTTPAnswer(405) }
            return token(exchange.head, tenant: tenant, body: bytes, at: moment)
        case .managedIdentity: return managedIdentityToken(exchange.head, at: moment)
        case .mailbox(_, let call): return graph(call, exchange, bytes, at: moment)
        case .upload(let id):
            do { return try upload(id, exchange.head, bytes, at: moment) } catch {
                return refuse(error, exchange, at: moment)
            }
        case .control, .unknown: return refuse(.notFound, exchange, at: moment)
        }
    }

    private mutating func graph(
        _ call: MailboxCall, _ exchange: Exchange, _ body: [UInt8], at moment: Moment
    ) -> HTTPAnswer {
        guard let identity = exchange.identity, let mailbox = identity.tenant.mailbox(exchange.mailbox) else {
            return refuse(.invalidUser(exchange.mailbox), exchange, at: moment)
        }
        let request = GraphCall(exchange: exchange, identity: identity, mailbox: mailbox, body: body, moment: moment)
        do {
            switch call {
            case .sendMail: return try sendMail(request)
            case .createDraft: return try createDraft(request)
            case .list(let folder): return try list(request, folder: folder)
            case .read(let id): return try read(request, id)
            case .delete(let id): return try delete(request, id)
            case .send(let id): return try sendDraft(request, id)
            case .attach(let id): return try attach(request, id)
            case .createUploadSession(let id): return try createUploadSession(request, id)
            }
        } catch {
            return refuse(error, exchange, at: moment)
        }
    }

    /// The answer to a body above the limit, in the form it has been configured to take.
    private func oversize(_ exchange: Exchange, at moment: Moment) -> HTTPAnswer {
        switch settings.graph.oversize {
        case .contentTooLarge: refuse(.requestTooLarge, exchange, at: moment)
        case .html:
            HTTPAnswer(413, html: "<html><head><title>413 Request Entity Too Large</title></head><body></body></html>")
        case .badRequest: refuse(.requestTooLong, exchange, at: moment)
        case .silent:
            exchange.route.operation == .sendMail ? HTTPAnswer(200) : refuse(.requestTooLarge, exchange, at: moment)
        }
    }
}
