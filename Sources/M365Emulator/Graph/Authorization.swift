import MailModel

/// Who may do what, and how often: the checks in front of every Graph request, in the order the service makes them.
extension EmulatorState {
    mutating func authorize(_ exchange: inout Exchange, at moment: Moment) {
        do {
            let identity = try identify(exchange, at: moment)
            exchange.identity = identity
            try enter(&exchange, identity, at: moment)
            try checkMailbox(exchange, identity)
        } catch {
            exchange.refusal = refuse(error, exchange, at: moment)
        }
    }

    func refuse(_ error: GraphError, _ exchange: Exchange, at moment: Moment) -> HTTPAnswer {
        error.answer(
            requestID: exchange.requestID, clientRequestID: exchange.head["client-request-id"] ?? exchange.requestID,
            wall: moment.wall)
    }

    /// By the bearer token; an upload's URL carries its own, and takes no other.
    private func identify(_ exchange: Exchange, at moment: Moment) throws(GraphError) -> Identity {
        if case .upload(let id) = exchange.route { return try identifyUpload(exchange, id) }
        do {
            return try tokens.check(exchange.head.bearerToken, for: .graph, in: directory, at: moment.wall)
        } catch {
            switch error {
            case .missing: throw .token("Access token is empty.")
            case .malformed: throw .token("IDX14100: JWT is not well formed, or its signature is not valid.")
            case .audience: throw .token("Access token validation failure. Invalid audience.")
            case .expired: throw .token("Lifetime validation failed, the token is expired.")
            case .revoked: throw .token("Access token has expired or is not yet valid.")
            }
        }
    }

    private func identifyUpload(_ exchange: Exchange, _ id: String) throws(GraphError) -> Identity {
        guard exchange.head["authorization"] == nil else { throw .uploadAudience }
        guard let session = uploads[id], exchange.head.query["authtoken"] == session.authToken,
            let tenant = directory.tenant(named: session.tenantID), let app = directory.app(session.appID, in: tenant)
        else { throw .itemNotFound }
        return Identity(tenant: tenant, app: app, roles: [])
    }

    private mutating func enter(_ exchange: inout Exchange, _ identity: Identity, at moment: Moment) throws(GraphError)
    {
        let lane = Lane(appID: identity.app.clientID, mailbox: exchange.mailbox)
        let verdict = throttles[lane, default: MailboxThrottle(limits: settings.limits)].enter(
            at: moment.now, length: exchange.head.contentLength ?? 0, limits: settings.limits,
            concurrencyRetryAfter: Duration(fractionalSeconds: settings.graph.concurrencyRetryAfter))
        switch verdict {
        case .admitted:
            exchange.lane = lane
            counters.change(lane.mailbox) { $0.enter() }
        case .refused(let reason, let wait):
            exchange.latency = .zero
            var error = GraphError.throttled(reason)
            let text = retryAfter.text(for: wait, form: settings.graph.retryAfter, at: moment.wall)
            if let text { error.fields = [.init(name: "Retry-After", value: text)] }
            throw error
        }
    }

    private func checkMailbox(_ exchange: Exchange, _ identity: Identity) throws(GraphError) {
        guard case .mailbox(let user, let call) = exchange.route else {
            if case .upload = exchange.route { return }
            throw .unknownSegment
        }
        guard let mailbox = identity.tenant.mailbox(user) else { throw .invalidUser(user) }
        guard identity.app.holds(call.sufficientRoles, among: identity.roles, for: mailbox.address) else {
            throw .accessDenied
        }
        guard !identity.app.deniedMailboxes.matches(mailbox.address) else { throw .policyDenied }
        guard mailbox.licensed else { throw .mailboxNotEnabled }
    }
}
