import MIME
import MailModel

/// One request on its way through the emulator, from its head to its answer.
struct Exchange: Sendable {
    var number: Int
    var route: Route
    var head: HTTPHead
    var requestID: String
    /// The mailbox's address, or the URL's name for it where there is none.
    var mailbox = ""
    var fault: FaultRule?
    var identity: Identity?
    /// The slot to be given back.
    var lane: EmulatorState.Lane?
    /// Decided already; the body is still read.
    var refusal: HTTPAnswer?
    var latency = Duration.zero
    /// Bodies above this are counted and dropped.
    var bodyLimit: Int

    var isGraph: Bool { ![Operation.token, .managedIdentity, .other].contains(route.operation) }
}

/// How an exchange ends on the wire.
enum Delivery: Hashable, Sendable {
    case answer(HTTPAnswer)
    case reset
    /// Closed in order, without an answer.
    case drop
    case stall
}

/// What came of a request's body.
enum ReceivedBody: Hashable, Sendable {
    case complete([UInt8])
    case tooLarge(Int)

    var count: Int {
        switch self {
        case .complete(let bytes): bytes.count
        case .tooLarge(let count): count
        }
    }
}

extension EmulatorState {
    /// The head is here: who is it, and is there room?
    mutating func begin(_ head: HTTPHead, at moment: Moment) -> Exchange {
        let route = Route(head)
        var exchange = Exchange(
            number: 0, route: route, head: head, requestID: random.guid(), bodyLimit: settings.limits.requestBytes)
        exchange.mailbox = mailboxName(route)
        exchange.number = log.open(route.operation, mailbox: exchange.mailbox, at: moment.now)
        exchange.fault = faults.fault(for: route.operation, mailbox: exchange.mailbox, using: &random)
        exchange.latency = Duration(
            fractionalSeconds: exchange.isGraph ? settings.graph.latency : settings.tokens.latency)
        if exchange.isGraph { authorize(&exchange, at: moment) }
        return exchange
    }

    /// What a fault does before the body is read; `nil`: read it.
    func interruption(of exchange: Exchange, at moment: Moment) -> Delivery? {
        guard let fault = exchange.fault, fault.when == .beforeBody else { return nil }
        return Self.delivery(of: fault, instead: nil, exchange, at: moment)
    }

    /// The body is here: does what is asked, as far as no fault is in the way.
    mutating func perform(_ exchange: Exchange, body: ReceivedBody, at moment: Moment) -> Delivery {
        log.change(exchange.number) { $0.bytes = body.count }
        if let lane = exchange.lane, exchange.head.contentLength == nil {
            throttles[lane]?.charge(body.count, at: moment.now)
        }
        if let fault = exchange.fault, fault.when == .instead, exchange.refusal == nil {
            let passes = fault.effect == .answer && fault.status == 0
            if !passes { return Self.delivery(of: fault, instead: nil, exchange, at: moment) }
        }
        let answer = exchange.refusal ?? process(exchange, body: body, at: moment)
        guard let fault = exchange.fault, fault.when != .beforeBody, exchange.refusal == nil else {
            return .answer(answer)
        }
        return Self.delivery(of: fault, instead: answer, exchange, at: moment)
    }

    /// The last word: gives the slot back, counts, and adds what every answer carries.
    mutating func finish(_ exchange: Exchange, _ delivery: Delivery, at moment: Moment) -> Delivery {
        if let lane = exchange.lane {
            throttles[lane]?.leave()
            counters.change(lane.mailbox) { $0.inFlight -= 1 }
        }
        guard case .answer(var answer) = delivery else {
            record(exchange, HTTPAnswer(0), at: moment)
            return delivery
        }
        if exchange.isGraph { decorate(&answer, exchange) }
        answer.set("Date", moment.wall.httpDate)
        record(exchange, answer, at: moment)
        return .answer(answer)
    }

    private mutating func record(_ exchange: Exchange, _ answer: HTTPAnswer, at moment: Moment) {
        counters.answered(exchange.route.operation, answer.status)
        expectPause(exchange, answer, at: moment)
        let code = Self.errorCode(answer)
        log.change(exchange.number) {
            $0.answered = moment.now
            $0.status = answer.status
            $0.code = code
            $0.requestID = exchange.requestID
            $0.clientRequestID = exchange.head["client-request-id"] ?? ""
            $0.appID = exchange.identity?.app.clientID ?? ""
            $0.retryAfter = answer["Retry-After"] ?? ""
        }
    }

    /// Requests sooner than a Retry-After allows are counted as early, whoever asked for the pause.
    private mutating func expectPause(_ exchange: Exchange, _ answer: HTTPAnswer, at moment: Moment) {
        guard answer.status == 429 || answer.status >= 500, let identity = exchange.identity,
            let pause = answer["Retry-After"].flatMap({ Self.pause($0, at: moment.wall) })
        else { return }
        let lane = Lane(appID: identity.app.clientID, mailbox: exchange.mailbox)
        throttles[lane, default: MailboxThrottle(limits: settings.limits)].expectPause(
            of: pause, at: moment.now,
            tolerance: Duration(fractionalSeconds: settings.graph.earlyTolerance))
    }

    private static func pause(_ text: String, at wall: Timestamp) -> Duration? {
        Double(text).map { Duration(fractionalSeconds: $0) } ?? MailDate.parse(text).map { $0 - wall }
    }

    private static func errorCode(_ answer: HTTPAnswer) -> String {
        guard answer.status >= 400, let json = try? JSONValue(parsing: answer.body) else { return "" }
        return json["error"]["code"].string ?? json["error_codes"][0].int.map { "AADSTS\($0)" } ?? json["error"].string
            ?? ""
    }

    private func decorate(_ answer: inout HTTPAnswer, _ exchange: Exchange) {
        answer.set("request-id", exchange.requestID)
        answer.set("client-request-id", exchange.head["client-request-id"] ?? exchange.requestID)
        answer.set(
            "x-ms-ags-diagnostic",
            #"{"ServerInfo":{"DataCenter":"Emulator","Slice":"E","Ring":"0","ScaleUnit":"000","RoleInstance":"EMU"}}"#)
        answer.set("Strict-Transport-Security", "max-age=31536000")
        answer.set("Cache-Control", "private")
    }

    private func mailboxName(_ route: Route) -> String {
        switch route {
        case .mailbox(let user, _): directory.owner(of: user)?.1.address.lowercased() ?? user.lowercased()
        case .upload(let session): uploads[session]?.mailbox ?? ""
        case .token, .managedIdentity, .control, .unknown: ""
        }
    }
}

extension EmulatorState {
    /// A fault in place of `answer`, or on top of it.
    private static func delivery(
        of fault: FaultRule, instead answer: HTTPAnswer?, _ exchange: Exchange, at moment: Moment
    ) -> Delivery {
        switch fault.effect {
        case .reset: return .reset
        case .drop: return .drop
        case .stall: return .stall
        case .answer:
            var faulty = fault.status == 0 ? answer ?? HTTPAnswer(500) : self.answer(fault, exchange, at: moment)
            for (name, value) in fault.headers.sorted(by: { $0.key < $1.key }) { faulty.set(name, value) }
            return .answer(faulty)
        }
    }

    private static func answer(_ fault: FaultRule, _ exchange: Exchange, at moment: Moment) -> HTTPAnswer {
        if !fault.body.isEmpty {
            return HTTPAnswer(fault.status, fields: [("Content-Type", fault.contentType)], body: Array(fault.body.utf8))
        }
        guard fault.status >= 400 else { return HTTPAnswer(fault.status) }
        let client = exchange.head["client-request-id"] ?? exchange.requestID
        if !exchange.isGraph {
            let number = Int(fault.code)
            let word = number != nil || fault.code.isEmpty ? "temporarily_unavailable" : fault.code
            let error = EntraError(number ?? 0, word, fault.message)
            var answer = error.answer(traceID: exchange.requestID, correlationID: client, wall: moment.wall)
            answer.status = fault.status
            return answer
        }
        let error = GraphError(fault.status, fault.code.isEmpty ? "UnknownError" : fault.code, fault.message)
        let answer = error.answer(requestID: exchange.requestID, clientRequestID: client, wall: moment.wall)
        return fault.lowerCaseInnerError ? answer.replacing("\"innerError\"", by: "\"innererror\"") : answer
    }
}

extension HTTPAnswer {
    fileprivate func replacing(_ text: String, by other: String) -> HTTPAnswer {
        var copy = self
        copy.body = Array(String(decoding: body, as: UTF8.self).split(separator: text).joined(separator: other).utf8)
        return copy
    }
}
