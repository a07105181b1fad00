import MailModel
import SMTPProtocol
import SMTPTransport
import Testing

@testable import M365Emulator

/// Faults of the submission host, over real connections.
@Suite(.timeLimit(.minutes(5))) struct SMTPFaultTests {
    static let stages: [FaultRule.Stage] = [.connect, .auth, .mail, .rcpt, .data]

    // MARK: The storm

    @Test(arguments: stages, ["smtp-concurrency", "smtp-concurrency-older"])
    func refusesEverySecond(stage: FaultRule.Stage, preset: String) async throws {
        try await Rig.run { rig in
            try await rig.fault(["preset": .string(preset), "stage": .string(stage.rawValue), "every": 2])
            var codes: [Int?] = []
            for _ in 0..<6 { codes.append(try await rig.submit()) }
            #expect(codes == [250, 432, 250, 432, 250, 432])
            #expect(rig.sent == 3)
        }
    }

    static let texts: [(preset: String, reply: String)] = [
        (
            "smtp-concurrency",
            "432 4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending for more "
                + "information. [Hostname=\(SMTPSettings().hostname)]"
        ),
        ("smtp-concurrency-older", "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded"),
        ("smtp-proxy", "451 4.7.0 Temporary server error. Please try again later. PRX2"),
        ("smtp-outage", "421 Service not available, closing transmission channel"),
    ]

    @Test(arguments: texts) func saysWhatTheRealOneSays(preset: String, reply: String) throws {
        let rule = try FaultRule(json: ["preset": .string(preset)])
        #expect(rule.verdict(over: nil, host: SMTPSettings().hostname).reply?.description == reply)
    }

    @Test func noPresetIsForgotten() {
        #expect(Set(FaultRule.smtpPresets.keys) == Set(Self.texts.map(\.preset) + ["smtp-answer-lost", "smtp-reset"]))
    }

    // MARK: In place of the greeting

    static let greetings: [(rule: JSONValue, ending: RawHTTP.Ending)] = [
        (["status": 432, "message": "4.3.2 later"], .closed("432 4.3.2 later\r\n")),
        (["preset": "smtp-outage"], .closed("421 Service not available, closing transmission channel\r\n")),
        (["effect": "drop"], .closed("")), (["effect": "reset"], .reset),
    ]

    @Test(arguments: greetings) func strikesAtConnect(rule: JSONValue, ending: RawHTTP.Ending) async throws {
        try await Rig.run { rig in
            try await rig.fault(rule.merged(with: ["stage": rule["preset"].isNull ? "connect" : "any"]))
            #expect(try await RawHTTP.exchange("", port: rig.addresses.smtpPort) == ending)
            await rig.until { $0.connections == 0 }
            try await rig.control("DELETE", "faults")
            #expect(try await rig.submit() == 250)
        }
    }

    @Test func anOutageEndsOpenSessions() async throws {
        try await Rig.run { rig in
            var client = try await rig.client()
            #expect(try await Rig.deliver(&client) == 250)
            try await rig.fault(["preset": "smtp-outage"])
            await #expect(throws: SMTPClientError.self) { try await Rig.deliver(&client) }
            #expect(try await rig.submit() == 421)
            try await rig.control("DELETE", "faults")
            #expect(try await rig.submit() == 250)
        }
    }

    // MARK: Without a word

    @Test(arguments: stages, ["reset", "drop"])
    func cutsTheConnection(stage: FaultRule.Stage, effect: String) async throws {
        try await Rig.run { rig in
            for tls in [false, true] {
                try await rig.fault(["stage": .string(stage.rawValue), "effect": .string(effect)])
                #expect(try await rig.submit(tls: tls) == nil)
                #expect(rig.sent == (tls ? 1 : 0))
                #expect(try await rig.submit(tls: tls) == 250)
            }
        }
    }

    static let lost: [(rule: JSONValue, sent: Int, ending: RawHTTP.Ending?)] = [
        (["preset": "smtp-answer-lost"], 1, .reset), (["preset": "smtp-reset"], 0, .reset),
        (["effect": "drop", "when": "after"], 1, nil), (["effect": "drop"], 0, nil),
    ]

    /// A reset throws away what the client has not read; a drop does not.
    @Test(arguments: lost) func cutsBehindTheFinalDot(
        rule: JSONValue, sent: Int, ending: RawHTTP.Ending?
    ) async throws {
        try await Rig.run {
            $0.smtp.allowsAnonymous = true
        } _: { rig in
            try await rig.fault(rule)
            let outcome = try await RawHTTP.exchange(Rig.wholeSession, port: rig.addresses.smtpPort)
            if let ending {
                #expect(outcome == ending)
            } else if case .closed(let text) = outcome {
                #expect(!text.contains("250 2.0.0 OK"))
            }
            #expect(rig.sent == sent)
            let log = rig.emulator.core.withState { $0.log.records }
            #expect(log.last?.status == 0)
        }
    }

    @Test func theClientCannotKnow() async throws {
        try await Rig.run { rig in
            try await rig.fault(["preset": "smtp-answer-lost"])
            var client = try await rig.client(tls: true)
            do {
                _ = try await Rig.deliver(&client)
                Issue.record("answered")
            } catch let error as SMTPClientError { #expect(error.isOutcomeUnknown) }
            #expect(rig.sent == 1)
        }
    }

    /// It stays open, and counted, until the client goes.
    @Test(arguments: ["instead", "after"], [false, true])
    func stalls(when: String, tls: Bool) async throws {
        let waits = RecordedWaits()
        try await Rig.run(clock: waits.clock()) { rig in
            try await rig.fault(["effect": "stall", "when": .string(when)])
            let client = try await rig.client(tls: tls)
            let delivery = Task {
                var client = client
                return try await Rig.deliver(&client)
            }
            await rig.until { _ in waits.all.count == 1 }
            await rig.until { $0.sent == (when == "after" ? 1 : 0) }
            #expect(rig.lane.connections == 1)
            #expect(rig.lane.submissions == 1)
            delivery.cancel()
            _ = await delivery.result
            await rig.until { $0.connections == 0 }
            #expect(rig.lane.submissions == 0)
            #expect(rig.lane.connections == 0)
            #expect(rig.sent == (when == "after" ? 1 : 0))
        }
    }

    @Test func stopsInAStall() async throws {
        try await Rig.run { rig in
            try await rig.fault(["effect": "stall", "stage": "connect"])
            async let ending = RawHTTP.exchange("", port: rig.addresses.smtpPort)
            await rig.until { $0.connections == 1 }
            await rig.emulator.stop()
            #expect(try await ending != .closed("220"))
        }
    }

    @Test func waitsAtEachStage() async throws {
        let waits = RecordedWaits()
        try await Rig.run(clock: waits.clock()) { rig in
            for (index, name) in Self.stages.enumerated() {
                try await rig.fault(["stage": .string(name.rawValue), "delay": .number(index + 1)])
            }
            #expect(try await rig.submit() == 250)
            #expect(waits.all.filter { $0 > .zero } == (1...5).map { .seconds($0) })
        }
    }
}
