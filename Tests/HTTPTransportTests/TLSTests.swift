import Testing

@testable import HTTPTransport

@Suite(.enabled(if: TLSServer.isPossible)) struct TLSTests {
    private let transport = HTTPTransport()

    @Test func aStrangersCertificate() async throws {
        try await TLSServer.with(TLSServer.http1) { port, _ in
            var request = HTTPRequest.post("https://localhost:\(port)/", .text("{}"))
            let failure = try await transport.failure(request)
            #expect(failure.stage == .tls)
            #expect(failure.bodyProgress == .none)
            #expect(failure.curlCode == 60)
            #expect(failure.text.contains("localhost:\(port)"))
            #expect(failure.text.contains("ca_file"))
            request.endpoint.caFile = "/etc/ssl/certs/ca-certificates.crt"
            #expect(try await transport.failure(request).stage == .tls)
        }
    }

    /// The connection of a trusting endpoint is not lent to one that does not trust.
    @Test func aTrustedCertificate() async throws {
        try await TLSServer.with(TLSServer.http1) { port, certificate in
            let url = "https://localhost:\(port)/"
            let trusting = HTTPEndpoint(caFile: certificate.file)
            for _ in 1...2 {
                let response = try await transport.send(.get(url, endpoint: trusting))
                #expect(response.status == 200)
                #expect(response.body == Array("1".utf8))
            }
            #expect(try await transport.failure(.get(url)).stage == .tls)
        }
    }

    @Test func anotherHostsCertificate() async throws {
        try await TLSServer.with(TLSServer.http1) { port, certificate in
            let failure = try await transport.failure(
                .get("https://127.0.0.1:\(port)/", endpoint: HTTPEndpoint(caFile: certificate.file)))
            #expect(failure.stage == .tls)
            #expect(failure.curlCode == 60)
        }
    }

    @Test func aServerWithoutTLS() async throws {
        try await withServer { wire in
            _ = try await wire.piece()
            try await wire.send("HTTP/1.1 400 Bad Request\r\n\r\n")
        } _: { port in
            let failure = try await transport.failure(.get("https://localhost:\(port)/"))
            #expect(failure.stage == .tls)
            #expect(failure.bodyProgress == .none)
        }
    }
}
