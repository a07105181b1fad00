import Testing

@testable import HTTPTransport

@Suite struct BrokenConnectionTests {
    private let transport = HTTPTransport()

    @Test func nobodyListens() async throws {
        let port = try await withServer({ _ in }, { $0 })
        let failure = try await transport.failure(.post("http://127.0.0.1:\(port)/", .text("{}")))
        #expect(failure.stage == .connect)
        #expect(failure.bodyProgress == .none)
        #expect(failure.curlCode == 7)
        #expect(failure.text.contains("127.0.0.1:\(port) (Connection refused)"))
    }

    @Test func noSuchName() async throws {
        let failure = try await transport.failure(.post("https://graph.invalid/", .text("{}")))
        #expect(failure.stage == .resolve)
        #expect(failure.bodyProgress == .none)
        #expect(failure.text.contains("cannot resolve graph.invalid"))
    }

    /// The server takes the connection and is silent: a handshake that never ends.
    @Test func noHandshakeInTime() async throws {
        try await withServer { wire in
            await wire.hold()
        } _: { port in
            var request = HTTPRequest.post("https://127.0.0.1:\(port)/", .text("{}"))
            request.timeouts.connect = .milliseconds(300)
            let failure = try await transport.failure(request)
            #expect(failure.stage == .connect)
            #expect(failure.timedOut)
            #expect(failure.bodyProgress == .none)
        }
    }

    @Test(
        "Pitfall 5: a request that nobody answers ends", arguments: [HTTPBody.empty, .text("{}"), .counting(200_000)])
    func noAnswerInTime(_ body: HTTPBody) async throws {
        try await withServer { wire in
            _ = try await wire.request()
            await wire.hold()
        } _: { port in
            var request = HTTPRequest.post("http://127.0.0.1:\(port)/", body)
            request.timeouts.total = .seconds(3)
            let failure = try await transport.failure(request)
            #expect(failure.stage == .receive)
            #expect(failure.timedOut)
            #expect(failure.bodyProgress == .complete)
            #expect(failure.text.contains("did not answer in time"))
        }
    }

    /// The server takes the beginning of a body and then nothing more, long before the time for all of it is over.
    @Test("Pitfall 5: a transfer that stands still ends") func noProgressInTime() async throws {
        try await withServer { wire in
            _ = try await wire.head()
            await wire.stand()
        } _: { port in
            var request = HTTPRequest.post("http://127.0.0.1:\(port)/", .counting(100_000_000))
            request.timeouts.stalled = .seconds(1)
            let failure = try await transport.failure(request)
            #expect(failure.stage == .send)
            #expect(failure.timedOut)
            #expect(failure.bodyProgress == .partial)
        }
    }

    /// The fixed part of the time is a millisecond: over long before the server has read the body.
    @Test("Pitfall 4: a body is given time by its size") func aSlowReaderGetsAllOfIt() async throws {
        try await withServer { wire in
            let request = try await wire.request()
            try await wire.answer(request.body.count == 8_000_000 ? 202 : 400)
        } _: { port in
            var request = HTTPRequest.post("http://127.0.0.1:\(port)/", .counting(8_000_000))
            let short = HTTPTimeouts.forBody(of: 0, besides: .milliseconds(1))
            request.timeouts = short
            let failure = try await transport.failure(request)
            #expect(failure.timedOut)
            #expect(failure.bodyProgress < .complete)
            request.timeouts = .forBody(of: request.body.length, besides: short.total)
            try await transport.send(request, expecting: 202)
        }
    }

    @Test func resetBeforeTheBodysEnd() async throws {
        try await withServer { wire in
            _ = try await wire.head()
            _ = try await wire.bytes(100_000)
            try await wire.reset()
        } _: { port in
            let failure = try await transport.failure(.post("http://127.0.0.1:\(port)/", .counting(50_000_000)))
            #expect(failure.stage == .send)
            #expect(failure.bodyProgress == .partial)
            #expect(failure.status == nil)
        }
    }

    @Test(arguments: [HTTPBody.empty, .text("{}"), .counting(200_000)], [true, false])
    func endOfTheConnectionAfterTheBody(_ body: HTTPBody, reset: Bool) async throws {
        try await withServer { wire in
            _ = try await wire.request()
            if reset { try await wire.reset() }
        } _: { port in
            let failure = try await transport.failure(.post("http://127.0.0.1:\(port)/", body))
            #expect(failure.stage == .receive)
            #expect(failure.bodyProgress == .complete)
            #expect(failure.status == nil)
        }
    }

    @Test func anAnswerCutShortKeepsItsStatus() async throws {
        try await withServer { wire in
            _ = try await wire.request()
            try await wire.send("HTTP/1.1 202 Accepted\r\nrequest-id: 7\r\nContent-Length: 100\r\n\r\nonly this")
        } _: { port in
            let failure = try await transport.failure(.post("http://127.0.0.1:\(port)/", .text("{}")))
            #expect(failure.stage == .receive)
            #expect(failure.status == 202)
            #expect(failure.headers?["Request-Id"] == "7")
            #expect(failure.bodyProgress == .complete)
        }
    }

    @Test func anAnnouncementIsNoStatus() async throws {
        try await withServer { wire in
            _ = try await wire.request()
            try await wire.send("HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n")
        } _: { port in
            let failure = try await transport.failure(.post("http://127.0.0.1:\(port)/", .text("{}")))
            #expect(failure.status == nil)
            #expect(failure.headers == nil)
        }
    }

    @Test func nonsenseInsteadOfHTTP() async throws {
        try await withServer { wire in
            _ = try await wire.request()
            try await wire.send("220 mail.test ESMTP\r\n")
        } _: { port in
            let failure = try await transport.failure(.post("http://127.0.0.1:\(port)/", .text("{}")))
            #expect(failure.stage == .receive)
            #expect(failure.bodyProgress == .complete)
        }
    }
}
