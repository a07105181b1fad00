import Glibc
import Testing

@testable import HTTPTransport

@Suite struct ExchangeTests {
    private let transport = HTTPTransport()

    @Test(
        arguments: [
            ("GET", HTTPBody.empty, nil), ("DELETE", .empty, nil), ("POST", .empty, "0"), ("PATCH", .empty, "0"),
            ("POST", .text("{}"), "2"), ("PUT", .text("abc"), "3"), ("PATCH", .text("abcd"), "4"),
            ("DELETE", .text("x"), "1"),
        ] as [(String, HTTPBody, String?)])
    func method(_ method: String, body: HTTPBody, length: String?) async throws {
        let seen = Record<Wire.Request>()
        try await withServer { wire in
            await seen.add(try await wire.request())
            try await wire.answer(200)
        } _: { port in
            let request = HTTPRequest(method: method, url: "http://127.0.0.1:\(port)/a%20b?c=d", body: body)
            try await transport.send(request, expecting: 200)
        }
        let request = try #require(await seen.entries.first)
        #expect(request.method == method)
        #expect(request.target == "/a%20b?c=d")
        #expect(request.field("Content-Length") == length)
        #expect(request.body.count == Int(body.length))
        #expect(request.field("Expect") == nil)
        #expect(request.field("Transfer-Encoding") == nil)
    }

    @Test func anAnswerToHEADHasNoBody() async throws {
        let response = try await withServer { wire in
            _ = try await wire.request()
            try await wire.send("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
            await wire.hold()
        } _: { port in
            try await transport.send(HTTPRequest(method: "HEAD", url: "http://127.0.0.1:\(port)/"))
        }
        #expect(response == HTTPResponse(status: 200, headers: ["Content-Length": "500"]))
    }

    @Test func headersGoOutInOrderAndOnce() async throws {
        let seen = Record<Wire.Request>()
        try await withServer { wire in
            await seen.add(try await wire.request())
            try await wire.answer(204)
        } _: { port in
            var request = HTTPRequest.post("http://127.0.0.1:\(port)/", .text("{}"))
            request.headers = [
                ("X-One", "1"), ("Content-Type", "application/json"), ("X-Empty", ""), ("Accept", "text/plain"),
            ]
            _ = try await transport.send(request)
        }
        let fields = try #require(await seen.entries.first).fields.filter { !$0.hasPrefix("Host") }
        #expect(
            fields == [
                "X-One: 1", "Content-Type: application/json", "X-Empty:", "Accept: text/plain", "Content-Length: 2",
            ])
    }

    @Test(arguments: [
        ("X", "a\r\nInjected: b"), ("X", "a\nb"), ("X\r\nInjected", "b"), ("", "b"), ("X", "a\u{0}b"),
    ])
    func headersCannotBreakTheRequest(_ name: String, value: String) async throws {
        var request = HTTPRequest.get("http://127.0.0.1:1/")
        request.headers = [(name, value)]
        #expect(try await transport.failure(request).stage == .setup)
    }

    @Test(arguments: ["", "/relative", "ftp://a.test/", "file:///etc/passwd", "http://"])
    func onlyWebURLs(_ url: String) async throws {
        let failure = try await transport.failure(.get(url))
        #expect(failure.stage == .setup)
        #expect(failure.bodyProgress == .none)
    }

    @Test(arguments: ["", "GET /x", "A\r\nB"])
    func malformedMethods(_ method: String) async throws {
        let request = HTTPRequest(method: method, url: "http://127.0.0.1:1/")
        #expect(try await transport.failure(request).stage == .setup)
    }

    @Test(arguments: [200, 202, 302, 404, 429, 503])
    func everyStatusIsAnAnswer(_ status: Int) async throws {
        let response = try await withServer { wire in
            _ = try await wire.request()
            try await wire.answer(status, ["Retry-After: 7", "Location: /elsewhere"], body: "why")
        } _: { port in
            try await transport.send(.post("http://127.0.0.1:\(port)/", .text("{}")))
        }
        #expect(response.status == status)
        #expect(response.headers["retry-after"] == "7")
        #expect(response.body == Array("why".utf8))
        #expect(!response.isTruncated)
    }

    @Test func announcementsAreNotTheAnswer() async throws {
        let response = try await withServer { wire in
            _ = try await wire.request()
            try await wire.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
            try await wire.answer(200, ["X: y"])
        } _: { port in
            try await transport.send(.get("http://127.0.0.1:\(port)/"))
        }
        #expect(response.status == 200)
        #expect(response.headers["Link"] == nil)
        #expect(response.headers["X"] == "y")
    }

    @Test func longAnswersAreCutAndTheConnectionStaysUsable() async throws {
        let bounded = HTTPTransport(responseLimit: 1000)
        try await withServer { wire in
            while true {
                _ = try await wire.request()
                try await wire.answer(200, ["X: \(wire.number)"], body: String(repeating: "x", count: 5000))
            }
        } _: { port in
            for _ in 1...2 {
                let response = try await bounded.send(.get("http://127.0.0.1:\(port)/"))
                #expect(response.body.count == 1000)
                #expect(response.isTruncated)
                #expect(response.headers["X"] == "1")
            }
        }
        await bounded.shutdown()
    }

    @Test func connectionsAreUsedAgain() async throws {
        try await withServer { wire in
            while true {
                let request = try await wire.request()
                try await wire.answer(200, body: "\(wire.number) \(request.target)")
            }
        } _: { port in
            for path in ["/a", "/b", "/c"] {
                let response = try await transport.send(.post("http://127.0.0.1:\(port)\(path)", .text("{}")))
                #expect(String(decoding: response.body, as: UTF8.self) == "1 \(path)")
            }
        }
    }

    @Test func aHundredAtOnce() async throws {
        let bounded = HTTPTransport(maxConnectionsPerHost: 8)
        let connections = Record<Int>()
        try await withServer { wire in
            await connections.add(wire.number)
            while true {
                let request = try await wire.request()
                try await wire.answer(200, body: String(decoding: request.body, as: UTF8.self))
            }
        } _: { port in
            try await withThrowingTaskGroup(of: (Int, HTTPResponse).self) { group in
                for number in 1...100 {
                    group.addTask {
                        (number, try await bounded.send(.post("http://127.0.0.1:\(port)/", .text("number \(number)"))))
                    }
                }
                for try await (number, response) in group {
                    #expect(String(decoding: response.body, as: UTF8.self) == "number \(number)")
                }
            }
        }
        #expect(await connections.entries.count <= 8)
        await bounded.shutdown()
    }

    @Test func theEnvironmentsProxiesAreIgnored() async {
        await #expect(processExitsWith: .success) {
            for name in ["http_proxy", "https_proxy", "all_proxy", "ALL_PROXY"] {
                setenv(name, "http://127.0.0.1:1", 1)
            }
            try await withServer { wire in
                _ = try await wire.request()
                try await wire.answer(200)
            } _: { port in
                let status = try await HTTPTransport().send(.get("http://127.0.0.1:\(port)/")).status
                #expect(status == 200)
            }
        }
    }
}
