import MailModel
import SMTPProtocol
import Testing

/// Our client against our server, joined in memory with chunks of random length: what one promises the other must understand.
@Suite struct JoinedSessionsTests {
    private struct Pair {
        var server: ServerHarness
        var client: ClientHarness
        var random: SeededGenerator

        /// Carries bytes both ways until both are silent.
        mutating func run() {
            while !server.said.isEmpty || !client.said.isEmpty || client.awaitsTLS {
                carryToClient()
                if client.awaitsTLS {
                    server.happen("tls")
                    client.happen("tls")
                }
                carryToServer()
            }
        }

        private mutating func carryToClient() {
            let bytes = server.said
            server.said = []
            for chunk in random.chunks(of: bytes, upTo: 40) { client.feed(chunk) }
        }

        private mutating func carryToServer() {
            let bytes = client.said
            client.said = []
            for chunk in random.chunks(of: bytes, upTo: 40) { server.feed(chunk) }
        }
    }

    private func pair(_ listener: Listener, _ configuration: ClientConfiguration, seed: UInt64) -> Pair {
        var pair = Pair(
            server: ServerHarness(listener.configuration), client: ClientHarness(configuration),
            random: SeededGenerator(state: seed))
        pair.run()
        return pair
    }

    private static func client(_ tls: ClientConfiguration.TLS, _ credentials: Credentials? = nil) -> ClientConfiguration
    {
        ClientConfiguration(hostname: "client.test", tls: tls, credentials: credentials)
    }

    private static let password = Credentials.plain(authorization: "", user: "user", password: "secret")

    static let ways: [(Listener, ClientConfiguration, Bool)] = [
        (.open, client(.off), true),
        (.tls, client(.startTLS), true),
        (.tls, client(.startTLS, password), true),
        (.tlsRequired, client(.startTLS, .login(user: "user", password: "secret")), true),
        (.authenticationRequired, client(.off, password), true),
        (.authenticationRequired, client(.off, .xoauth2(user: "a@x.test", token: "good")), true),
        (.authenticationRequired, client(.off, .xoauth2(user: "a@x.test", token: "bad")), false),
        (.authenticationRequired, client(.off, .login(user: "user", password: "wrong")), false),
        (.exchange, client(.startTLS, .xoauth2(user: "a@x.test", token: "good")), true),
        (.exchange, client(.startTLS, .xoauth2(user: "a@x.test", token: "bad")), false),
        (.exchange, client(.startTLS, password), true),
        (.open, client(.startTLS), false),
        (.tls, client(.off, password), false),
    ]

    @Test(arguments: ways)
    func setup(_ listener: Listener, _ configuration: ClientConfiguration, _ succeeds: Bool) {
        for seed in 0..<5 as Range<UInt64> {
            var pair = pair(listener, configuration, seed: seed)
            #expect(pair.client.isReady == succeeds)
            #expect((pair.client.failure == nil) == succeeds)
            if succeeds { pair.client.happen("quit") }
            pair.run()
            #expect(pair.client.isClosed)
            #expect(pair.server.isClosed, "the server has heard QUIT")
        }
    }

    @Test(
        arguments: 0..<60 as Range<UInt64>,
        [(Listener.open, true), (.open, false), (.chunking, true), (.chunking, false)])
    func messages(seed: UInt64, way: (listener: Listener, pipelined: Bool)) {
        var configuration = way.listener.configuration
        if !way.pipelined { configuration.capabilities.removeAll { $0 == .pipelining } }
        var pair = Pair(
            server: ServerHarness(configuration), client: ClientHarness(),
            random: SeededGenerator(state: seed))
        pair.run()
        var expected: [String] = []
        for _ in 0..<5 {
            let message = randomMessage(&pair.random)
            pair.client.content = Array(message.content.utf8)
            pair.client.chunkSize = Int.random(in: 1...4, using: &pair.random)
            pair.client.deliver(message.envelope)
            pair.run()
            if let arrival = message.arrival { expected.append(arrival) }
            #expect(isAccepted(pair.client.reports.last) == (message.arrival != nil))
        }
        #expect(pair.client.reports.count == 5)
        #expect(pair.server.messages == expected)
        #expect(pair.client.failure == nil)
    }

    private func isAccepted(_ report: DeliveryReport?) -> Bool {
        if case .accepted = report?.conclusion { true } else { false }
    }

    private struct Message {
        let envelope: Envelope
        let content: String
        /// What the server should hold afterwards; `nil` where it refuses.
        let arrival: String?
    }

    private func randomMessage(_ random: inout SeededGenerator) -> Message {
        let sender = ["a", "b", "blocked", "full", "c"].randomElement(using: &random) ?? "a"
        let names = ["u", "v", "nobody", "later", "w"].filter { _ in Bool.random(using: &random) }
        let recipients = names.isEmpty ? ["nobody"] : names
        let content =
            ["", ".", "..", "a", ".\r\n", "x\r\n.\r\ny", "\n.\n", "\r.\r", "REFUSE"].randomElement(using: &random) ?? ""
        let good = recipients.filter { $0 != "nobody" && $0 != "later" }
        let isRefused = sender == "blocked" || sender == "full" || good.isEmpty || content == "REFUSE"
        var lines = content.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
        if !lines.isEmpty, !lines.hasSuffix("\n") { lines += "\n" }
        let shown = lines.isEmpty ? "(empty)" : lines.replacing("\n", with: "/")
        let addresses = good.map { "\($0)@x.test" }.joined(separator: ",")
        return Message(
            envelope: envelope(sender, recipients), content: content,
            arrival: isRefused ? nil : "\(sender)@x.test > \(addresses) | \(shown)")
    }

    private func envelope(_ sender: String, _ recipients: [String]) -> Envelope {
        func address(_ name: String) -> Address {
            guard let address = try? Address(parsing: "\(name)@x.test") else {
                preconditionFailure("not a name: \(name)")
            }
            return address
        }
        return Envelope(sender: address(sender), recipients: recipients.map(address))
    }

    @Test func tooLargeIsNotEvenTried() {
        var pair = pair(.small, Self.client(.off), seed: 1)
        pair.client.deliver(.toTwo, MessageTraits(size: 21))
        #expect(pair.client.reports == [DeliveryReport(.tooLarge(limit: 20))])
        #expect(pair.client.said.isEmpty)
    }

    @Test func largerThanSaidIsRefusedAtTheEnd() {
        var pair = pair(.small, Self.client(.off), seed: 2)
        pair.client.content = [UInt8](repeating: 0x61, count: 500)
        pair.client.deliver(.toTwo, MessageTraits(size: 20))
        pair.run()
        guard case .refused(.message, let reply) = pair.client.reports.last?.conclusion else {
            Issue.record("a refusal expected")
            return
        }
        #expect(reply.status == EnhancedStatusCode(5, 3, 4))
        #expect(pair.server.abandoned == 1)
    }

    /// However the content is cut, the server gets what it would have got behind DATA.
    @Test(arguments: 0..<100 as Range<UInt64>)
    func chunksCarryWhatDataCarries(seed: UInt64) {
        var arrivals: [[String]] = []
        for listener in [Listener.open, .chunking] {
            var pair = pair(listener, Self.client(.off), seed: seed)
            var random = SeededGenerator(state: seed)
            let alphabet = Array("ab.\r\n\n\r".utf8)
            pair.client.content = (0..<Int.random(in: 0...200, using: &random)).map { _ in
                alphabet.randomElement(using: &random) ?? 0
            }
            pair.client.chunkSize = Int.random(in: 1...20, using: &random)
            pair.client.deliver(.toTwo)
            pair.run()
            #expect(isAccepted(pair.client.reports.last))
            arrivals.append(pair.server.messages)
        }
        #expect(arrivals[0] == arrivals[1])
    }

    @Test func chunksBeyondTheLimitAreRefusedOnce() {
        var pair = pair(.smallChunking, Self.client(.off), seed: 3)
        pair.client.content = [UInt8](repeating: 0x61, count: 500)
        pair.client.chunkSize = 7
        pair.client.deliver(.toTwo, MessageTraits(size: 20))
        pair.run()
        guard case .refused(.message, let reply) = pair.client.reports.last?.conclusion else {
            Issue.record("a refusal expected")
            return
        }
        #expect(reply.status == EnhancedStatusCode(5, 3, 4))
        #expect(pair.server.abandoned == 1)
        pair.client.content = Array("small".utf8)
        pair.client.deliver(.toTwo)
        pair.run()
        #expect(isAccepted(pair.client.reports.last), "the transaction before has left nothing behind")
        #expect(pair.server.messages == ["a@x.test > b@x.test,c@x.test | small/"])
    }
}
