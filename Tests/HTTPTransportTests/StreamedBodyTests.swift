import Testing

@testable import HTTPTransport

@Suite struct StreamedBodyTests {
    private let transport = HTTPTransport()
    private struct DiskTrouble: Error {}

    @Test(arguments: [1, 65_536, 65_537, 3_000_001] as [Int64])
    func everyByteArrives(_ length: Int64) async throws {
        let seen = Record<Wire.Request>()
        try await withServer { wire in
            await seen.add(try await wire.request())
            try await wire.answer(201)
        } _: { port in
            let request = HTTPRequest(
                method: "PUT", url: "http://127.0.0.1:\(port)/", body: .counting(length))
            try await transport.send(request, expecting: 201)
        }
        let request = try #require(await seen.entries.first)
        #expect(request.field("Content-Length") == "\(length)")
        #expect(request.body == (0..<Int(length)).map { UInt8(truncatingIfNeeded: $0) })
    }

    @Test func anEarlyRefusalIsDelivered() async throws {
        let response = try await withServer { wire in
            _ = try await wire.head()
            try await wire.answer(429, ["Retry-After: 9", "Connection: close"])
            await wire.hold()
        } _: { port in
            try await transport.send(.post("http://127.0.0.1:\(port)/", .counting(100_000_000)))
        }
        #expect(response.status == 429)
        #expect(response.headers["Retry-After"] == "9")
    }

    @Test(arguments: [Int64(0), 70_000])
    func anUnreadableBodyIsOurTrouble(_ readable: Int64) async throws {
        try await withServer { wire in
            _ = try await wire.request()
            try await wire.answer(200)
        } _: { port in
            let body = HTTPBody.stream(length: 1_000_000) {
                guard readable > 0 else { throw DiskTrouble() }
                return CountingStream(length: readable)
            }
            let failure = try await transport.failure(.post("http://127.0.0.1:\(port)/", body))
            #expect(failure.stage == .setup)
            #expect(failure.bodyProgress < .complete)
            #expect(failure.text.contains(readable == 0 ? "DiskTrouble" : "endedEarly"))
        }
    }
}
