import NIOCore

/// The books of a pool: every key's connections, and who waits for them. Changed under a lock; what is to be done about a
/// change comes out as effects, for outside the lock.
struct PoolState: Sendable {
    typealias Key = SMTPConnectionPool.Key

    /// What a request comes to.
    enum Grant: Sendable {
        case open(number: UInt64)
        case reuse(number: UInt64, SMTPClient)
        case refused
    }

    enum Effect: Sendable {
        case resume(CheckedContinuation<Grant, Never>, Grant)
        case leave(SMTPClient)
        /// Look then for idle connections whose time is over, and for places that others have left.
        case wake(NIODeadline)
        /// Nothing is open any more.
        case drained([CheckedContinuation<Void, Never>])
    }

    private var mailboxes: [Key: MailboxConnections<SMTPClient>] = [:]
    private var waiting: [UInt64: CheckedContinuation<Grant, Never>] = [:]
    private var sockets: [UInt64: ConnectionSockets] = [:]
    private var draining: [CheckedContinuation<Void, Never>] = []
    private var lastTicket: UInt64 = 0
    private var wake: NIODeadline?
    private var isShutDown = false
    private var isAborted = false
    private let lastPlace: SMTPConnectionPool.LastPlace

    init(_ lastPlace: SMTPConnectionPool.LastPlace) { self.lastPlace = lastPlace }

    var counts: [Key: SMTPConnectionPool.Counts] { mailboxes.mapValues(\.counts) }

    mutating func makeTicket() -> UInt64 {
        lastTicket += 1
        return lastTicket
    }

    // MARK: Requests

    mutating func request(
        _ request: MailboxConnections<SMTPClient>.Request, _ key: Key,
        _ continuation: CheckedContinuation<Grant, Never>, isCancelled: Bool, at now: NIODeadline
    ) -> [Effect] {
        guard !isShutDown, !isCancelled else { return [.resume(continuation, .refused)] }
        waiting[request.ticket] = continuation
        return change(key) { $0.request(request, at: now) }
    }

    mutating func giveUp(_ ticket: UInt64, _ key: Key, at now: NIODeadline) -> [Effect] {
        change(key) { $0.giveUp(ticket, at: now) }
    }

    // MARK: Connections

    /// - Returns: false after `abort`: the sockets must not be opened.
    mutating func opening(_ number: UInt64, _ sockets: ConnectionSockets) -> Bool {
        self.sockets[number] = sockets
        return !isAborted
    }

    mutating func opened(_ number: UInt64, _ key: Key, at now: NIODeadline) {
        mailboxes[key]?.opened(number, at: now)
    }

    mutating func returned(
        _ number: UInt64, _ key: Key, _ client: SMTPClient, messages: Int?, at now: NIODeadline
    ) -> [Effect] {
        let messages = isShutDown ? nil : messages
        return change(key) { $0.returned(number, client, messages: messages, at: now) }
    }

    mutating func closed(_ number: UInt64, _ key: Key, at now: NIODeadline) -> [Effect] {
        sockets[number] = nil
        return change(key) { $0.closed(number, at: now) }
    }

    // MARK: Looking

    mutating func expire(_ now: NIODeadline) -> [Effect] { changeAll { $0.look(now) } }

    /// The time asked for by `wake` has come.
    mutating func woken(_ due: NIODeadline, at now: NIODeadline) -> [Effect] {
        if wake == due { wake = nil }
        return expire(now)
    }

    mutating func closeIdle() -> [Effect] { changeAll { $0.closeIdle() } }

    // MARK: The end

    mutating func shutDown() -> [Effect] {
        isShutDown = true
        return changeAll { $0.shutDown() }
    }

    /// Resumed when nothing is open any more, or at `abort`.
    mutating func drain(_ continuation: CheckedContinuation<Void, Never>) -> [Effect] {
        draining.append(continuation)
        return announceEnd()
    }

    mutating func abort() -> ([ConnectionSockets], [Effect]) {
        defer { draining = [] }
        isAborted = true
        return (Array(sockets.values), [.drained(draining)])
    }
}

// MARK: Effects

extension PoolState {
    private typealias Mailbox = MailboxConnections<SMTPClient>

    private mutating func change(_ key: Key, _ event: (inout Mailbox) -> [Mailbox.Action]) -> [Effect] {
        let effects = apply(event, to: key)
        return effects + schedule(mailboxes[key]?.due) + announceEnd()
    }

    private mutating func changeAll(_ event: (inout Mailbox) -> [Mailbox.Action]) -> [Effect] {
        var effects: [Effect] = []
        for key in Array(mailboxes.keys) { effects += apply(event, to: key) }
        return effects + schedule(mailboxes.values.compactMap(\.due).min()) + announceEnd()
    }

    private mutating func apply(_ event: (inout Mailbox) -> [Mailbox.Action], to key: Key) -> [Effect] {
        var mailbox = mailboxes[key] ?? Mailbox(key, lastPlace)
        let actions = event(&mailbox)
        mailboxes[key] = mailbox.isEmpty ? nil : mailbox
        return actions.compactMap { effect(of: $0) }
    }

    private mutating func effect(of action: Mailbox.Action) -> Effect? {
        switch action {
        case .open(let number): resume(number, .open(number: number))
        case .reuse(let number, let client, let ticket): resume(ticket, .reuse(number: number, client))
        case .leave(let client): .leave(client)
        case .refuse(let ticket): resume(ticket, .refused)
        }
    }

    private mutating func resume(_ ticket: UInt64, _ grant: Grant) -> Effect? {
        waiting.removeValue(forKey: ticket).map { .resume($0, grant) }
    }

    /// One timer is enough as long as it is the earliest.
    private mutating func schedule(_ due: NIODeadline?) -> [Effect] {
        guard let due, wake.map({ due < $0 }) ?? true else { return [] }
        wake = due
        return [.wake(due)]
    }

    private mutating func announceEnd() -> [Effect] {
        guard mailboxes.isEmpty, !draining.isEmpty else { return [] }
        defer { draining = [] }
        return [.drained(draining)]
    }
}
