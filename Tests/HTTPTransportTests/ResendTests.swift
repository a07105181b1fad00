// A kept connection that dies while the next request is on it: libcurl would try again by itself.

import Testing

@testable import HTTPTransport

@Suite struct ResendTests {
    private let transport = HTTPTransport()

    /// The first connection answers once, then takes a whole request and closes; later connections answer.
    private func script(_ seen: Record<Wire.Request>, reset: Bool) -> Script {
        { wire in
            await seen.add(try await wire.request())
            try await wire.answer(200)
            await seen.add(try await wire.request())
            guard wire.number > 1 else { return reset ? try await wire.reset() : () }
            try await wire.answer(200)
            await wire.hold()
        }
    }

    @Test(arguments: [HTTPBody.empty, .text("{}"), .counting(200_000)], [false, true])
    func whatHadLeftWholeIsNotSentAgain(_ body: HTTPBody, reset: Bool) async throws {
        let seen = Record<Wire.Request>()
        try await withServer(script(seen, reset: reset)) { port in
            let url = "http://127.0.0.1:\(port)"
            try await transport.send(.get("\(url)/first"), expecting: 200)
            let failure = try await transport.failure(.post("\(url)/second", body))
            #expect(failure.bodyProgress == .complete)
            #expect(failure.stage == .receive)
            #expect(failure.status == nil)
            try await transport.send(.get("\(url)/third"), expecting: 200)
        }
        #expect(await seen.entries.map(\.target) == ["/first", "/second", "/third"])
    }

    @Test(arguments: [false, true])
    func aSafeRequestIs(_ reset: Bool) async throws {
        let seen = Record<Wire.Request>()
        try await withServer(script(seen, reset: reset)) { port in
            let url = "http://127.0.0.1:\(port)"
            try await transport.send(.get("\(url)/first"), expecting: 200)
            try await transport.send(.get("\(url)/second"), expecting: 200)
        }
        #expect(await seen.entries.map(\.target) == ["/first", "/second", "/second"])
    }

    /// The connection was closed while idle: nothing of the next request is lost.
    @Test(arguments: [HTTPBody.empty, .text("{}"), .counting(200_000)])
    func anIdleConnectionsEndIsNoTrouble(_ body: HTTPBody) async throws {
        let gone = Signal()
        let seen = Record<Int>()
        try await withServer { wire in
            _ = try await wire.request()
            await seen.add(wire.number)
            try await wire.answer(200, wire.number == 1 ? ["Connection: close"] : [])
            if wire.number == 1 { gone.fire() } else { await wire.hold() }
        } _: { port in
            let url = "http://127.0.0.1:\(port)/"
            try await transport.send(.get(url), expecting: 200)
            await gone.wait()
            try await transport.send(.post(url, body), expecting: 200)
        }
        #expect(await seen.entries == [1, 2])
    }
}
