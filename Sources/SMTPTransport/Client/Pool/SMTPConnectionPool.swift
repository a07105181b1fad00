import NIOConcurrencyHelpers
package import NIOCore
import SMTPProtocol

/// The connections to SMTP servers, never more at once for a mailbox than its terms allow.
///
/// One pool lives as long as the process: connections of a configuration that has been replaced are still open on the far
/// side. A connection counts from before its socket is opened until it is closed on both sides, which the server delays no
/// longer than `SMTPClientOptions.Timeouts.quit`; nobody waits for that but who wants the slot.
package final class SMTPConnectionPool: Sendable {
    private let group: any EventLoopGroup
    private let now: @Sendable () -> NIODeadline
    private let state: NIOLockedValueBox<PoolState>

    /// - Parameters:
    ///   - lastPlace: shared with other processes.
    ///   - now: a steady clock, for ages and idle times.
    package init(
        on group: any EventLoopGroup, lastPlace: LastPlace = .unshared,
        now: @escaping @Sendable () -> NIODeadline = { .now() }
    ) {
        self.group = group
        self.now = now
        state = NIOLockedValueBox(PoolState(lastPlace))
    }

    /// Of every key with connections, or with somebody who waits for one.
    package var counts: [Key: Counts] { state.withLockedValue { $0.counts } }

    /// Runs `body` with a connection that is ready for a message: an idle one made on the same terms, or a new one, or, with
    /// as many open as may be, the next that is given back. The connection is kept for others unless `body` throws.
    ///
    /// Where an idle connection turns out to be dead, `body` runs once more, with a new one: the server had closed it, or says
    /// 421, before it answered MAIL in the first delivery of `body`. Nothing of the message has been said then.
    ///
    /// - Throws: what `body` throws; what a new connection comes to; `cancelled`, for a task that waits, and after `shutdown`.
    package func withConnection<Result>(
        _ key: Key, _ terms: Terms, isolation: isolated (any Actor)? = #isolation,
        _ body: (inout SMTPClient) async throws(SMTPClientError) -> Result
    ) async throws(SMTPClientError) -> Result {
        var lease = try await lease(key, terms)
        do throws(SMTPClientError) { return try await use(&lease, body) } catch {
            guard lease.wasDead(error), !Task.isCancelled else { throw error }
        }
        lease = try await self.lease(key, terms, isFresh: true)
        return try await use(&lease, body)
    }

    /// Closes what stands idle, and returns when it is closed.
    package func closeIdle() async {
        let effects = state.withLockedValue { $0.closeIdle() }
        for closed in effects.compactMap({ perform($0) }) { try? await closed.get() }
    }

    /// Refuses new requests and those that wait, and closes connections as they come back; returns when all are closed. What
    /// is still open when the time is up is reset.
    package func shutdown(within limit: Duration = .seconds(10)) async {
        transact { state, _ in state.shutDown() }
        let patience = group.any().scheduleTask(in: TimeAmount(limit)) { self.abort() }
        defer { patience.cancel() }
        await withCheckedContinuation { continuation in
            transact { state, _ in state.drain(continuation) }
        }
    }

    /// Closes idle connections whose time is over; happens by itself.
    func expire() { transact { state, now in state.expire(now) } }

    private func abort() {
        let (sockets, effects) = state.withLockedValue { $0.abort() }
        for socket in sockets { socket.abort() }
        for effect in effects { perform(effect) }
    }
}

// MARK: Leases

extension SMTPConnectionPool {
    /// A connection in the hands of a task.
    private struct Lease {
        let key: Key
        let number: UInt64
        var client: SMTPClient
        let isReused: Bool
        let messagesBefore: Int

        init(_ key: Key, _ number: UInt64, _ client: SMTPClient, isReused: Bool) {
            self.key = key
            self.number = number
            self.client = client
            self.isReused = isReused
            messagesBefore = client.messages
        }

        /// The connection ended while it stood idle, and nobody knew: nothing has been handed over on this lease.
        func wasDead(_ error: SMTPClientError) -> Bool {
            guard isReused, client.messages == messagesBefore + 1, case .session(let failure) = error else {
                return false
            }
            return failure.phase == .mail && failure.reason.isFarewell
        }
    }

    private func lease(_ key: Key, _ terms: Terms, isFresh: Bool = false) async throws(SMTPClientError) -> Lease {
        switch await wait(key, terms, isFresh: isFresh) {
        case .refused: throw .cancelled
        case .open(let number): return try await connect(key, number, terms)
        case .reuse(let number, let client):
            let lease = Lease(key, number, client, isReused: true)
            guard !Task.isCancelled else {
                giveBack(lease, isUsable: true)
                throw .cancelled
            }
            return lease
        }
    }

    private func wait(_ key: Key, _ terms: Terms, isFresh: Bool) async -> PoolState.Grant {
        let ticket = state.withLockedValue { $0.makeTicket() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // Asked under the lock: either the handler below finds the request, or the request sees what called it.
                transact { state, now in
                    state.request(
                        .init(ticket: ticket, terms: terms, isFresh: isFresh), key, continuation,
                        isCancelled: Task.isCancelled, at: now)
                }
            }
        } onCancel: {
            transact { state, now in state.giveUp(ticket, key, at: now) }
        }
    }

    private func connect(_ key: Key, _ number: UInt64, _ terms: Terms) async throws(SMTPClientError) -> Lease {
        let sockets = ConnectionSockets()
        if !state.withLockedValue({ $0.opening(number, sockets) }) { sockets.abort() }
        do throws(SMTPClientError) {
            let client = try await SMTPClient.connect(terms.options, on: group, sockets: sockets)
            state.withLockedValue { $0.opened(number, key, at: now()) }
            client.closed.whenComplete { _ in self.closed(number, key) }
            return Lease(key, number, client, isReused: false)
        } catch {
            closed(number, key)
            throw error
        }
    }

    private func closed(_ number: UInt64, _ key: Key) {
        transact { state, now in state.closed(number, key, at: now) }
    }

    private func use<Result>(
        _ lease: inout Lease, isolation: isolated (any Actor)? = #isolation,
        _ body: (inout SMTPClient) async throws(SMTPClientError) -> Result
    ) async throws(SMTPClientError) -> Result {
        do throws(SMTPClientError) {
            let result = try await body(&lease.client)
            giveBack(lease, isUsable: lease.client.isOpen)
            return result
        } catch {
            giveBack(lease, isUsable: false)
            throw error
        }
    }

    private func giveBack(_ lease: Lease, isUsable: Bool) {
        let messages = isUsable ? lease.client.messages : nil
        transact { state, now in
            state.returned(lease.number, lease.key, lease.client, messages: messages, at: now)
        }
    }
}

// MARK: Effects

extension SMTPConnectionPool {
    private func transact(_ event: (inout PoolState, NIODeadline) -> [PoolState.Effect]) {
        let now = now()
        for effect in state.withLockedValue({ event(&$0, now) }) { perform(effect) }
    }

    /// - Returns: of a connection that is left, when it is closed.
    @discardableResult
    private func perform(_ effect: PoolState.Effect) -> EventLoopFuture<Void>? {
        switch effect {
        case .resume(let continuation, let grant): continuation.resume(returning: grant)
        case .leave(var client): return client.leave()
        case .wake(let due):
            group.any().scheduleTask(in: due - now()) { [weak self] in self?.wake(due) }
        case .drained(let continuations): for continuation in continuations { continuation.resume() }
        }
        return nil
    }

    private func wake(_ due: NIODeadline) { transact { state, now in state.woken(due, at: now) } }
}

extension ClientFailure.Reason {
    /// The server has closed the connection, or says that it does (RFC 5321 §3.8).
    fileprivate var isFarewell: Bool {
        switch self {
        case .connectionClosed: true
        case .refused(let reply): reply.code == 421
        case .authenticationRefused, .tlsNotOffered, .plaintextInjected, .mechanismNotOffered, .malformedReply,
            .unexpectedReply, .timeout, .bodyFailed:
            false
        }
    }
}
