// Transfers ended from this side: cancellation and shutdown.

import Testing

@testable import HTTPTransport

@Suite struct EndingTests {
    private let transport = HTTPTransport()

    /// Sends to a server that never answers; `act` runs when the request has arrived, whole.
    private func pending(
        _ body: HTTPBody, act: @escaping @Sendable (Task<HTTPFailure, any Error>) async -> Void
    ) async throws -> HTTPFailure {
        let arrived = Signal()
        let gone = Signal()
        return try await withServer { wire in
            _ = try await wire.request()
            arrived.fire()
            await wire.hold()
            gone.fire()
        } _: { [transport] port in
            let sending = Task { try await transport.failure(.post("http://127.0.0.1:\(port)/", body)) }
            await arrived.wait()
            await act(sending)
            let failure = try await sending.value
            await gone.wait()
            return failure
        }
    }

    @Test(arguments: [HTTPBody.empty, .text("{}"), .counting(200_000)])
    func cancelling(_ body: HTTPBody) async throws {
        let failure = try await pending(body) { $0.cancel() }
        #expect(failure.stage == .cancelled)
        #expect(failure.bodyProgress == .complete)
        #expect(failure.curlCode == 0)
    }

    @Test func cancellingDuringTheUpload() async throws {
        let begun = Signal()
        try await withServer { wire in
            _ = try await wire.head()
            _ = try await wire.bytes(1)
            begun.fire()
            await wire.stand()
        } _: { [transport] port in
            let sending = Task {
                try await transport.failure(.post("http://127.0.0.1:\(port)/", .counting(100_000_000)))
            }
            await begun.wait()
            sending.cancel()
            let failure = try await sending.value
            #expect(failure.stage == .cancelled)
            #expect(failure.bodyProgress == .partial)
        }
    }

    @Test func cancelledBeforeItBegan() async throws {
        let failure = try await withThrowingTaskGroup(of: HTTPFailure.self) { group in
            group.cancelAll()
            group.addTask { [transport] in try await transport.failure(.get("http://127.0.0.1:1/")) }
            return try #require(try await group.next())
        }
        #expect(failure.stage == .cancelled)
        #expect(failure.bodyProgress == .none)
    }

    /// A name lookup cannot be interrupted; it must not hold up the end of its transfer nor anything else.
    @Test func cancellingDuringTheLookup() async throws {
        let sending = Task { [transport] in try await transport.failure(.get("http://lookup.invalid/")) }
        sending.cancel()
        let failure = try await sending.value
        #expect([.cancelled, .resolve].contains(failure.stage))
    }

    @Test func shuttingDown() async throws {
        let failure = try await pending(.text("{}")) { [transport] _ in await transport.shutdown() }
        #expect(failure.stage == .closed)
        #expect(failure.bodyProgress == .complete)
        let late = try await transport.failure(.get("http://127.0.0.1:1/"))
        #expect(late.stage == .closed)
        #expect(late.bodyProgress == .none)
        await transport.shutdown()
    }

    @Test func manyTransfersAndTheEnd() async throws {
        try await withServer { wire in
            await wire.hold()
        } _: { [transport] port in
            let stages = try await withThrowingTaskGroup(of: HTTPFailure.Stage.self) { group in
                for _ in 1...50 {
                    group.addTask { try await transport.failure(.get("http://127.0.0.1:\(port)/")).stage }
                }
                group.addTask {
                    await transport.shutdown()
                    return .closed
                }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(stages == [.closed])
        }
    }

    @Test func aForgottenTransportReleasesItsConnections() async throws {
        let gone = Signal()
        try await withServer { wire in
            _ = try await wire.request()
            try await wire.answer(200)
            await wire.hold()
            gone.fire()
        } _: { port in
            try await HTTPTransport().send(.get("http://127.0.0.1:\(port)/"), expecting: 200)
            await gone.wait()
        }
    }
}
