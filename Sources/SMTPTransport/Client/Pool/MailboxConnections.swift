import NIOCore

/// Who gets which connection of one key, and which connections go: decisions only.
///
/// The last connection that the cap allows is opened only with the key's last place in hand, which processes share; while
/// another has it, it is asked for again every 200 ms.
///
/// A connection is in the books from before it is opened until `closed`, whatever happens to it between; its number is the
/// ticket of the request it was opened for. Requests are served in the order they came.
struct MailboxConnections<Client: Sendable>: Sendable {
    typealias Terms = SMTPConnectionPool.Terms

    struct Request: Sendable {
        let ticket: UInt64
        let terms: Terms
        /// Takes no connection that was used before, and has had its turn at waiting.
        var isFresh = false
    }

    enum Action: Sendable {
        /// The holder of the ticket may connect; `opened` or `closed` of this number follows.
        case open(UInt64)
        /// The holder of the ticket has this connection; `returned` or `closed` follows.
        case reuse(UInt64, Client, for: UInt64)
        /// The connection is to be closed; `closed` follows.
        case leave(Client)
        /// The holder of the ticket gets nothing.
        case refuse(UInt64)
    }

    fileprivate enum Phase: Sendable {
        /// → leased, or gone
        case opening
        /// → idle, leaving, or gone
        case leased
        /// → leased, leaving, or gone
        case idle(Client, since: NIODeadline)
        /// → gone
        case leaving
    }

    fileprivate struct Connection: Sendable {
        var terms: Terms
        var opened: NIODeadline
        var phase = Phase.opening
    }

    private var connections: [UInt64: Connection] = [:]
    /// The one idle for longest comes first.
    private var idle: [UInt64] = []
    private var leaving = 0
    private var waiting: [Request] = []
    /// As of the latest request: a cap that was lowered holds for what is open already.
    private var cap = Int.max
    private let key: SMTPConnectionPool.Key
    private let lastPlace: SMTPConnectionPool.LastPlace
    private var hasLastPlace = false
    /// When the last place is to be asked for again.
    private var nextAsk: NIODeadline?

    init(_ key: SMTPConnectionPool.Key, _ lastPlace: SMTPConnectionPool.LastPlace) {
        self.key = key
        self.lastPlace = lastPlace
    }

    var counts: SMTPConnectionPool.Counts { .init(open: connections.count, idle: idle.count, waiting: waiting.count) }
    var isEmpty: Bool { connections.isEmpty && waiting.isEmpty }

    /// When the first idle connection has been idle for long enough or is too old, or the last place is asked for again.
    var due: NIODeadline? { (idle.compactMap(end) + [nextAsk].compactMap(\.self)).min() }
}

// MARK: Events

extension MailboxConnections {
    mutating func request(_ request: Request, at now: NIODeadline) -> [Action] {
        cap = request.terms.connections
        waiting.insert(request, at: request.isFresh ? 0 : waiting.endIndex)
        return settle(now)
    }

    /// The holder of the ticket waits no longer.
    mutating func giveUp(_ ticket: UInt64, at now: NIODeadline) -> [Action] {
        guard let index = waiting.firstIndex(where: { $0.ticket == ticket }) else { return [] }
        waiting.remove(at: index)
        return [.refuse(ticket)] + settle(now)
    }

    mutating func opened(_ number: UInt64, at now: NIODeadline) {
        connections[number]?.opened = now
        connections[number]?.phase = .leased
    }

    /// - Parameter messages: how many the connection has taken; `nil` where it must not be used again.
    mutating func returned(_ number: UInt64, _ client: Client, messages: Int?, at now: NIODeadline) -> [Action] {
        // The server may have closed it in the meantime.
        guard let connection = connections[number], case .leased = connection.phase else { return [] }
        let isSpent = messages.map { $0 >= connection.terms.messages } ?? true
        connections[number]?.phase = .idle(client, since: now)
        idle.append(number)
        return (isSpent ? leave(number) : []) + settle(now)
    }

    /// The connection is closed on both sides, or never came about.
    mutating func closed(_ number: UInt64, at now: NIODeadline) -> [Action] {
        guard let connection = connections.removeValue(forKey: number) else { return [] }
        switch connection.phase {
        case .leaving: leaving -= 1
        case .idle: idle.removeAll { $0 == number }
        case .opening, .leased: break
        }
        return settle(now)
    }

    /// Something may be due.
    mutating func look(_ now: NIODeadline) -> [Action] { settle(now) }

    /// Lets go of what has been idle for long enough, or is too old.
    private mutating func expire(_ now: NIODeadline) -> [Action] {
        idle.filter { end(of: $0).map { $0 <= now } ?? true }.flatMap { leave($0) }
    }

    mutating func closeIdle() -> [Action] { idle.flatMap { leave($0) } }

    /// Nobody waits any more, and nothing stands idle; what is in use comes back by and by.
    mutating func shutDown() -> [Action] {
        defer { (waiting, nextAsk) = ([], nil) }
        return waiting.map { .refuse($0.ticket) } + closeIdle()
    }
}

// MARK: Decisions

extension MailboxConnections {
    private mutating func settle(_ now: NIODeadline) -> [Action] {
        leaveLastPlace()
        return expire(now) + shrink() + serve(now) + makeRoom()
    }

    /// When it goes, if it stays idle. Of several, the one that takes the last
    /// place is not kept long for nothing: that is for others to have, too.
    private func end(of number: UInt64) -> NIODeadline? {
        guard let connection = connections[number], case .idle(_, let since) = connection.phase else { return nil }
        let isHeldForNothing = hasLastPlace && cap > 1 && number == idle.first
        let patience = isHeldForNothing ? .seconds(2) : TimeAmount(connection.terms.idle)
        return min(connection.opened + TimeAmount(connection.terms.age), since + patience)
    }

    /// There is room below the cap again.
    private mutating func leaveLastPlace() {
        guard hasLastPlace, connections.count < cap else { return }
        lastPlace.release(key)
        hasLastPlace = false
    }

    /// Whether one more may be opened.
    private mutating func hasPlace(_ now: NIODeadline) -> Bool {
        guard connections.count < cap else { return false }
        guard connections.count == cap - 1 else { return true }
        hasLastPlace = lastPlace.take(key)
        if !hasLastPlace { nextAsk = now + .milliseconds(200) }
        return hasLastPlace
    }

    private mutating func shrink() -> [Action] {
        var actions: [Action] = []
        while connections.count - leaving > cap, let first = idle.first { actions += leave(first) }
        return actions
    }

    private mutating func serve(_ now: NIODeadline) -> [Action] {
        var actions: [Action] = []
        nextAsk = nil
        while let request = waiting.first {
            if let number = match(request) {
                actions += lease(number, request)
            } else if hasPlace(now) {
                connections[request.ticket] = Connection(terms: request.terms, opened: now)
                actions.append(.open(request.ticket))
            } else {
                break
            }
            waiting.removeFirst()
        }
        return actions
    }

    /// Idle connections that do not suit those who wait make room for others.
    private mutating func makeRoom() -> [Action] {
        var actions: [Action] = []
        let wanted = waiting.count { match($0) == nil }
        while leaving < wanted, let first = idle.first { actions += leave(first) }
        return actions
    }

    /// The one used last is the likeliest to be alive, and the others grow old enough to be closed.
    private func match(_ request: Request) -> UInt64? {
        guard !request.isFresh else { return nil }
        return idle.last { connections[$0]?.terms.fit(request.terms) == true }
    }

    private mutating func lease(_ number: UInt64, _ request: Request) -> [Action] {
        guard case .idle(let client, _)? = connections[number]?.phase else { return [] }
        idle.removeAll { $0 == number }
        connections[number]?.phase = .leased
        connections[number]?.terms = request.terms
        return [.reuse(number, client, for: request.ticket)]
    }

    private mutating func leave(_ number: UInt64) -> [Action] {
        guard case .idle(let client, _)? = connections[number]?.phase else { return [] }
        idle.removeAll { $0 == number }
        connections[number]?.phase = .leaving
        leaving += 1
        return [.leave(client)]
    }
}
