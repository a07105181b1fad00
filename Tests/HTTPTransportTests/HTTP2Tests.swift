// HTTP/2 against hand-made frames (RFC 9113 §4.1).

import Testing

@testable import HTTPTransport

@Suite(.enabled(if: TLSServer.isPossible)) struct HTTP2Tests {
    private let transport = HTTPTransport()

    private func request(
        _ port: Int, _ certificate: TLSServer.Certificate, _ body: HTTPBody, version: HTTPEndpoint.Version = .automatic
    ) -> HTTPRequest {
        var request = HTTPRequest.post("https://localhost:\(port)/", body)
        request.endpoint = HTTPEndpoint(caFile: certificate.file, version: version)
        return request
    }

    /// Answers only when ten requests are open at once on the connection, with the connection's number.
    private let tenAtOnce = """
        def respond(state, kind, stream, ended):
            if ended:
                state["ended"].append(stream)
            if len(state["ended"]) < 10:
                return []
            streams, state["ended"] = state["ended"], []
            return [head(202, 0)(s) + frame(0, 1, s, str(state["number"]).encode()) for s in streams]
        """

    @Test func requestsShareAConnection() async throws {
        try await TLSServer.with(TLSServer.http2(tenAtOnce), alpn: ["h2"]) { [transport] port, certificate in
            let request = request(port, certificate, .text("{}"))
            let responses = try await withThrowingTaskGroup(of: HTTPResponse.self) { group in
                for _ in 1...10 { group.addTask { try await transport.send(request) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(responses.map(\.status) == Array(repeating: 202, count: 10))
            #expect(Set(responses.map(\.body)) == [Array("1".utf8)])
        }
    }

    /// "202, and I need not see the rest": allowed by RFC 9113 §8.1, and an error to libcurl 7.88. The reset comes when
    /// the client has seen the status, as its answer to a PING shows; the status must not be lost.
    @Test func anAcceptanceThenAReset() async throws {
        let script = """
            def respond(state, kind, stream, ended):
                if kind == 1:
                    state["open"] = stream
                    return [head(202, 0)(stream) + frame(6, 0, 0, bytes(8))]
                return [frame(3, 0, state["open"], bytes(4))] if kind == 6 else []
            """
        try await TLSServer.with(TLSServer.http2(script), alpn: ["h2"]) { port, certificate in
            switch await transport.outcome(request(port, certificate, .counting(500_000))) {
            case .success(let response): #expect(response.status == 202)
            case .failure(let failure):
                #expect(failure.status == 202)
                #expect(failure.stage == .receive)
                #expect(failure.mayHaveBeenActedOn)
            }
        }
    }

    /// In one piece, libcurl 7.88 reports only the reset.
    @Test func anAcceptanceTogetherWithAReset() async throws {
        let script = """
            def respond(state, kind, stream, ended):
                return [head(202, 1)(stream) + frame(3, 0, stream, bytes(4))] if kind == 1 else []
            """
        try await TLSServer.with(TLSServer.http2(script), alpn: ["h2"]) { port, certificate in
            switch await transport.outcome(request(port, certificate, .counting(500_000))) {
            case .success(let response): #expect(response.status == 202)
            case .failure(let failure): #expect(failure.mayHaveBeenActedOn)
            }
        }
    }

    /// Only the second request of a connection is refused, as by a server that is about to close.
    @Test(arguments: [7, 2])
    func aResetStreamIsNotSentAgain(_ errorCode: Int) async throws {
        let script = """
            def respond(state, kind, stream, ended):
                if not ended:
                    return []
                if stream == 1:
                    return [head(200, 1)(stream)]
                return [frame(3, 0, stream, bytes([0, 0, 0, \(errorCode)]))]
            """
        try await TLSServer.with(TLSServer.http2(script), alpn: ["h2"]) { port, certificate in
            let request = request(port, certificate, .text("{}"))
            try await transport.send(request, expecting: 200)
            let failure = try await transport.failure(request)
            #expect(failure.stage == .receive)
            #expect(failure.bodyProgress == .complete)
            #expect(failure.status == nil)
        }
    }

    @Test func http1OnDemand() async throws {
        try await TLSServer.with(TLSServer.http1, alpn: ["h2", "http/1.1"]) { port, certificate in
            var request = request(port, certificate, .empty, version: .http1)
            request.method = "GET"
            try await transport.send(request, expecting: 200)
        }
    }
}
