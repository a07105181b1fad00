import Foundation
import Testing

/// Everything broken, one at a time: `postern check` names it, mail waits where somebody can mend it, and flows afterwards
/// without a restart.
@Suite(.serialized, .timeLimit(.minutes(10))) struct CheckCommandTests {
    struct Line: Decodable, Sendable {
        var check: String
        var subject: String
        var verdict: String
        var text: String
        var advice: String?
    }

    /// A broken place, and the gateway that has to live with it.
    private struct Site {
        let emulator: Emulator
        let gateway: Gateway
        let breakage: Breakage
        private let directory: TemporaryDirectory
        private let pair: Certificates.Pair

        init(_ breakage: Breakage) async throws {
            self.breakage = breakage
            directory = try TemporaryDirectory()
            pair = try await Certificates.selfSigned("app", in: directory)
            emulator = try await Emulator.start(tls: breakage.tls)
            gateway = try Gateway(GatewayConfiguration(), endpoint: emulator.url)
            try write(breakage.configuration)
            try await apply(breakage.breaking)
        }

        /// What the configuration says of the host stands in the place of what the emulator does.
        private func write(_ configuration: GatewayConfiguration) throws {
            var configuration = configuration
            configuration.credential = configuration.credential.replacing("CERTIFICATE", with: pair.together)
            configuration.graph = configuration.graph.map { $0.replacing("AUTHORITY", with: emulator.caFile) }
            let own = configuration.smtp ?? []
            let host = emulator.submissionHost.filter { key in
                !own.contains { $0.prefix { $0 != ":" } == key.prefix { $0 != ":" } }
            }
            try gateway.write(
                configuration.yaml(
                    store: gateway.store.path, endpoint: emulator.url, host: host, listen: "127.0.0.1:0"))
        }

        private func apply(_ changes: [Breakage.Change]) async throws {
            let certificate = try String(contentsOfFile: pair.certificate, encoding: .utf8)
            for var change in changes {
                change.json = change.json.replacing("REGISTRATION", with: certificate.replacing("\n", with: "\\n"))
                try await change.apply(to: emulator)
            }
        }

        func mend() async throws {
            try await apply(breakage.mending)
            if let mended = breakage.mended { try write(mended) }
        }

        func check(_ arguments: [String] = []) async throws -> (result: Command.Result, lines: [Line]) {
            let result = try await Command.run(
                Executables.postern,
                ["check", "--json", "--config", gateway.file, "--mailbox", "reports@contoso.com"] + arguments)
            #expect(!(result.output + result.errors).contains(Emulator.secret), "\(breakage.name): a secret is shown")
            return (result, try JSONDecoder().decode([Line].self, from: result.bytes))
        }

        func send(_ prefix: String = "message") async throws {
            _ = try await Python.run("burst.py", ["--port", "\(gateway.port)", "--count", "1", "--prefix", prefix])
        }

        func row(_ what: String, prefix: String = "message", until isRight: (Store.Row) -> Bool) async throws
            -> Store.Row?
        {
            try await gateway.store.rows("\(breakage.name): \(what)", where: "subject LIKE '\(prefix)-%'") {
                $0.first.map(isRight) ?? false
            }.first
        }
    }

    private func run(_ breakage: Breakage, _ body: (Site) async throws -> Void) async throws {
        let site = try await Site(breakage)
        do {
            try await body(site)
        } catch {
            await site.gateway.end()
            await site.emulator.program.kill()
            throw error
        }
        await site.gateway.end()
        await site.emulator.program.kill()
    }

    /// Without a service: the line, its words, what to do, and the exit status.
    private func checkNames(_ site: Site) async throws {
        let breakage = site.breakage
        let (result, lines) = try await site.check(breakage.needsMessage ? ["--send-to", Corpus.recipient] : [])
        let line = lines.first { $0.check == breakage.line && $0.verdict == "failed" }
        #expect(line?.text.contains(breakage.words) == true, "\(breakage.name): \(result)")
        #expect(line?.advice?.isEmpty == false, "\(breakage.name): \(result)")
        #expect(result.status == breakage.exit, "\(breakage.name): \(result)")
    }

    /// Beside the service, which says the same on the row and on record.
    private func mailWaits(_ site: Site) async throws {
        try await site.gateway.start()
        try await site.send()
        let row = try await site.row("it waits, and says what for") { $0.status == "Q" && $0.errorText != nil }
        #expect(row?.nextAttemptDate != nil, "\(site.breakage.name)")
        // Between the end of a pause and what its probe finds there is none.
        let lines = try await eventually("check tells of the pause") {
            try await site.check().lines
        } until: { lines in
            lines.contains { $0.check == "pause" && $0.text.contains("waits") }
        }
        #expect(lines.contains { $0.check == "service" && $0.verdict == "ok" }, "\(lines)")
    }

    private func mailFlows(_ site: Site, hurried: Bool) async throws {
        try await site.mend()
        if hurried { #expect(try await site.gateway.reload().contains("configuration reloaded")) }
        let row = try await site.row("it is sent once mended") { $0.status == "S" }
        #expect(row?.status == "S")
        #expect(try site.gateway.program.isRunning)
    }

    @Test(arguments: Breakage.others) func whatIsBrokenIsNamedAndMailWaits(_ breakage: Breakage) async throws {
        try await run(breakage) { site in
            try await checkNames(site)
            try await mailWaits(site)
            try await mailFlows(site, hurried: true)
        }
    }

    /// The service finds out by itself, and needs its time for it: all at once.
    @Test func nobodyNeedsToTellTheServiceThatItIsMended() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for breakage in [Breakage.expiredSecret, .smtpOff, .fullMailbox] {
                group.addTask {
                    try await run(breakage) { site in
                        try await checkNames(site)
                        try await mailWaits(site)
                        try await mailFlows(site, hurried: false)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// No waiting helps a From address that the mailbox may not use: the message fails at once, in Microsoft's words.
    @Test func aForbiddenFromFailsItsMessageAlone() async throws {
        try await run(.sendAs) { site in
            try await checkNames(site)
            try await site.gateway.start()
            try await site.send()
            let row = try await site.row("it fails") { $0.status == "F" }
            #expect(row?.errorCode == "ErrorSendAsDenied" && row?.attempts == 1)
            try await site.mend()
            try await site.send("mended")
            _ = try await site.row("it is sent", prefix: "mended") { $0.status == "S" }
        }
    }

    // MARK: All well

    @Test func allIsWell() async throws {
        try await Scenario.run(GatewayConfiguration(smtp: [])) { scenario in
            let plain = try await scenario.gateway.run("check", "--mailbox", "reports@contoso.com")
            #expect(plain.status == 0 && !plain.output.contains("FAIL"), "\(plain)")
            #expect(plain.lines.contains { $0.hasPrefix("ok   graph") }, "\(plain)")
            #expect(try await scenario.emulator.messages().isEmpty, "something was sent")
            let sent = try await scenario.gateway.run(
                "check", "--mailbox", "reports@contoso.com", "--send-to", Corpus.recipient)
            #expect(sent.status == 0, "\(sent)")
            #expect(try await scenario.emulator.messages().map(\.path).sorted() == ["graph", "smtp"])
        }
    }

    /// Its own login is one of the connections that the mailbox may have, of which the service uses what there is.
    @Test func besideABusyServiceNoConnectionIsTooMany() async throws {
        let configuration = GatewayConfiguration(route: ["primary: smtp"], smtp: [])
        let slow = #"{"graph": {"latency": 0.01}, "smtp": {"latency": 0.3}}"#
        try await Scenario.run(configuration, emulator: slow) { scenario in
            let ids = try await scenario.send(20)
            for _ in 1...2 {
                let result = try await scenario.gateway.run("check", "--mailbox", Corpus.sender)
                #expect(result.lines.contains { $0.hasPrefix("ok   smtp") }, "\(result)")
            }
            try await scenario.checkEachOnce(ids)
            try await scenario.checkCap()
        }
    }

    /// Also where it cannot be read at all, one document says why.
    @Test func aConfigurationThatCannotBeUsed() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("stor: /tmp/x\nroutes: []\n", to: "postern.yaml")
        let result = try await Command.run(Executables.postern, ["check", "--json", "--config", file])
        let lines = try JSONDecoder().decode([Line].self, from: result.bytes)
        #expect(result.status == 78 && lines.allSatisfy { $0.check == "configuration" && $0.verdict == "failed" })
        #expect(lines.contains { $0.subject == "\(file):1" && $0.text.contains("store") }, "\(result)")
    }
}
