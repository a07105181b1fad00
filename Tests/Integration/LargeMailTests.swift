import EmailLog
import Foundation
import Testing

/// What is too large for one Graph request goes as a draft whose attachments are brought to it: whole, or not at all.
@Suite(.serialized, .timeLimit(.minutes(5))) struct LargeMailTests {
    private static let upload = GatewayConfiguration(graph: ["large: upload"])

    /// 20 MB: two attachments by upload sessions, one in place.
    private static let sizes = [10_000_000, 3_500_000, 1_200_000]

    // MARK: It arrives

    @Test func arrivesWithEveryByteOfItsAttachments() async throws {
        let sample = try await LargeMessage(Self.sizes)
        try await Scenario.run(Self.upload) { scenario in
            try await sample.submit(to: scenario)
            let captured = try #require(try await scenario.emulator.messages(count: 1, mime: true).first)
            #expect(try await LargeMessage.Contents(of: captured) == sample.contents)
            #expect(captured.recipients == [Corpus.recipient] && captured.messageId == "<large@contoso.com>")
            #expect(captured.header("X-Report") == ["annual"] && captured.header("X-Postern-Id").count == 1)
            let row = try #require(try await scenario.gateway.store.rows("sent") { $0.first?.status == "S" }.first)
            try await Self.checkWords(of: row, scenario)
            let counters = try await scenario.emulator.counters()
            #expect(counters.answers(201, to: "uploadSession") == 2 && counters.answers(201, to: "upload") == 2)
            #expect(counters.answers(201, to: "attachment") == 1 && counters.answers(202, to: "send") == 1)
            #expect(counters.answers(202) == 0 && counters.drafts == 0 && counters.throttled == 0)
        }
    }

    /// Which form it took, and what of it found no place there.
    private static func checkWords(of row: Store.Row, _ scenario: Scenario) async throws {
        let attempt = try #require(try await scenario.gateway.store.attempts().first)
        let note = attempt.errorText ?? ""
        #expect(row.attempts == 1 && row.path == "graph" && attempt.outcome == "accepted")
        #expect(note.contains("upload form: a draft with 3 attachments, 2 of them by upload sessions"), "\(note)")
        #expect(note.contains("List-Unsubscribe") && !note.contains("X-Report"), "\(note)")
        let shown = try await scenario.gateway.run("log", "show", row.id)
        #expect(shown.output.contains("upload form") && shown.output.contains("List-Unsubscribe"), "\(shown)")
        let log = try scenario.gateway.program.errors.text
        #expect(!log.contains("authtoken") && !shown.output.contains("authtoken"))
    }

    // MARK: What goes wrong

    /// Ranges that break before and after they arrived, and a session that ends in the middle.
    @Test func goesOnWhereItWasBroken() async throws {
        let sample = try await LargeMessage([7_000_000, 500_000])
        try await Scenario.run(Self.upload) { scenario in
            try await scenario.emulator.addFault(
                #"{"preset": "reset-before-body", "operation": "upload", "nth": 2}"#)
            try await scenario.emulator.addFault(#"{"preset": "answer-lost", "operation": "upload", "nth": 4}"#)
            try await scenario.emulator.addFault(
                #"{"operation": "upload", "nth": 3, "status": 404, "code": "ErrorItemNotFound", "message": "gone"}"#)
            try await sample.submit(to: scenario)
            let captured = try #require(try await scenario.emulator.messages(count: 1, mime: true).first)
            #expect(try await LargeMessage.Contents(of: captured) == sample.contents)
            try await scenario.gateway.store.counts("sent") { $0 == ["S": 1] }
            let counters = try await scenario.emulator.counters()
            #expect(counters.messages == 1 && counters.drafts == 0)
            #expect(counters.answers(201, to: "draft") == 1, "in one attempt")
            #expect(counters.answers(201, to: "uploadSession") == 2 && counters.answers(404, to: "upload") == 1)
            #expect(try await scenario.gateway.store.attempts().map(\.outcome) == ["accepted"])
        }
    }

    /// An attachment that is refused leaves no draft and no message; the next attempt brings all.
    @Test func aDraftThatIsNotWholeIsNeverSent() async throws {
        let sample = try await LargeMessage([1_500_000, 1_000_000])
        try await Scenario.run(Self.upload) { scenario in
            try await scenario.emulator.addFault(
                #"{"operation": "attachment", "nth": 2, "status": 500, "code": "ErrorInternalServerError"}"#)
            try await sample.submit(to: scenario)
            let captured = try #require(try await scenario.emulator.messages(count: 1, mime: true).first)
            #expect(try await LargeMessage.Contents(of: captured) == sample.contents)
            try await scenario.gateway.store.counts("sent") { $0 == ["S": 1] }
            let counters = try await scenario.emulator.counters()
            #expect(counters.messages == 1 && counters.drafts == 0 && counters.answers(204, to: "delete") == 1)
            #expect(try await scenario.gateway.store.attempts().map(\.outcome) == ["deferred", "accepted"])
        }
    }

    // MARK: Deaths

    /// An attachment in place, and one by two ranges.
    private static let mortal = [400_000, 3_500_000]

    private static let deaths: [Death] =
        Scale.isLong
        ? [
            .at(.claimed, time: 1), .at(.bytesLeaving, time: 1), .at(.bytesLeaving, time: 2),
            .at(.bytesLeaving, time: 20), .at(.bytesLeaving, time: 40), .at(.draftMade, time: 1),
            .at(.draftKept, time: 1), .at(.answered, time: 1), .at(.settled, time: 1),
        ] : [.at(.draftMade, time: 1), .at(.answered, time: 1)]

    /// Hands in one message, with which the service dies.
    private func die(_ death: Death, of sample: LargeMessage, _ scenario: Scenario) async throws {
        guard case .at(let point, let time) = death else { return }
        try await scenario.gateway.start(environment: ["POSTERN_CRASH_AT": "\(point.rawValue):\(time)"])
        let program = try scenario.gateway.program
        try await sample.submit(to: scenario)
        #expect(await program.ending(within: .seconds(60)) == death.ending, "\(program.errors.text.suffix(2000))")
    }

    private func noDraftIsLeft(_ scenario: Scenario) async throws {
        try await eventually("no draft is left") {
            try await scenario.emulator.counters().drafts
        } until: {
            $0 == 0
        }
    }

    @Test(arguments: deaths) func aDeathBringsOneWholeCopy(_ death: Death) async throws {
        let sample = try await LargeMessage(Self.mortal)
        let configuration = GatewayConfiguration(graph: ["large: upload", "lookup_after: 1s"])
        try await Scenario.run(configuration, started: false) { scenario in
            try await die(death, of: sample, scenario)
            try await scenario.gateway.start()
            try await scenario.gateway.store.counts("sent") { $0 == ["S": 1] }
            try await noDraftIsLeft(scenario)
            let captured = try await scenario.emulator.messages(count: 1, mime: true)
            #expect(captured.count == 1 && captured.first?.recipients == [Corpus.recipient])
            #expect(try await LargeMessage.Contents(of: try #require(captured.first)) == sample.contents)
        }
    }

    private static let decisions: [(Death, String)] =
        Scale.isLong
        ? [Death.at(.bytesLeaving, time: 40), .at(.draftMade, time: 1), .at(.draftKept, time: 1)]
            .flatMap { [($0, "cancel"), ($0, "resend")] }
        : [(.at(.draftMade, time: 1), "cancel"), (.at(.bytesLeaving, time: 40), "resend")]

    /// A person decides, and either way no draft stays behind.
    @Test(arguments: decisions) func aDeathThatIsHeldLeavesNoDraft(_ death: Death, _ decision: String) async throws {
        let sample = try await LargeMessage(Self.mortal)
        let configuration = GatewayConfiguration(graph: ["large: upload", "lookup_after: 1s", "on_unknown: hold"])
        try await Scenario.run(configuration, started: false) { scenario in
            try await die(death, of: sample, scenario)
            try await scenario.gateway.start()
            let held = try await scenario.gateway.store.rows("held") { $0.first?.status == "U" }
            let id = try #require(held.first?.id)
            #expect(try await scenario.emulator.counters().drafts == 1)
            let isCancelled = decision == "cancel"
            let gateway = scenario.gateway
            let decided =
                isCancelled ? try await gateway.run("queue", "cancel", id) : try await gateway.run("resend", id)
            #expect(decided.status == 0, "\(decided)")
            try await scenario.gateway.store.counts("decided") { $0 == [isCancelled ? "C" : "S": 1] }
            try await noDraftIsLeft(scenario)
            let captured = try await scenario.emulator.messages(mime: true)
            #expect(captured.count == (isCancelled ? 0 : 1))
            if let copy = captured.first { #expect(try await LargeMessage.Contents(of: copy) == sample.contents) }
        }
    }

    @Test func withoutPermissionOnlyLargeMailWaits() async throws {
        let sample = try await LargeMessage([2_500_000])
        try await Scenario.run(Self.upload) { scenario in
            try await scenario.emulator.changeApp(#"{"graphRoles": ["Mail.Send"]}"#)
            let checked = try await scenario.gateway.run("check")
            #expect(checked.output.contains("Mail.ReadWrite") && checked.status == 77, "\(checked)")
            try await sample.submit(to: scenario)
            let rows = try await scenario.gateway.store.rows("it says what is missing") {
                $0.first?.errorText?.contains("Mail.ReadWrite") == true
            }
            #expect(rows.first?.status == "Q" || rows.first?.status == "P")
            try await scenario.send(3)
            try await scenario.emulator.messages(count: 3)
            try await scenario.emulator.changeApp(#"{"graphRoles": ["Mail.Send", "Mail.ReadWrite"]}"#)
            try await scenario.emulator.revokeTokens()
            try await scenario.gateway.store.counts("all sent") { $0 == ["S": 4] }
        }
    }

    // MARK: What must not be taken apart

    @Test func signedMailGoesBySMTP() async throws {
        let sample = try await LargeMessage([2_500_000], signed: true)
        try await Scenario.run(GatewayConfiguration(smtp: [], graph: ["large: upload"])) { scenario in
            try await sample.submit(to: scenario)
            let captured = try #require(try await scenario.emulator.messages(count: 1, mime: true).first)
            #expect(captured.path == "smtp")
            let body = WireMessage(captured.bytes).body
            #expect(body == WireMessage(try Data(contentsOf: URL(fileURLWithPath: sample.file))).body)
            let row = try await scenario.gateway.store.rows("sent") { $0.first?.status == "S" }.first
            #expect(row?.fellBack == 1 && row?.path == "smtp")
        }
    }

    @Test func signedMailIsRefusedWhereThereIsNoOtherWay() async throws {
        let sample = try await LargeMessage([2_500_000], signed: true)
        try await Scenario.run(Self.upload) { scenario in
            try await sample.submit(to: scenario)
            let row = try await scenario.gateway.store.rows("refused") { $0.first?.status == "F" }.first
            #expect(row?.errorText?.contains("it is signed") == true, "\(row?.errorText ?? "")")
            #expect(row?.errorText?.contains("`smtp:` section") == true)
            #expect(try await scenario.emulator.counters().requests["draft"] == nil)
        }
    }

    // MARK: Limits

    /// Octets of request bodies in any three seconds.
    @Test("Pitfall 21: octets are limited in any window") func theUploadLimitHoldsInAnyWindow() async throws {
        let configuration = GatewayConfiguration(
            graph: ["large: upload", "mime_limit: 100KB", "limits: {upload_per_mailbox: 8MB/3s}"])
        let sample = try await LargeMessage([900_000, 600_000])
        try await Scenario.run(configuration) { scenario in
            for _ in 0..<5 { try await sample.submit(to: scenario) }
            try await scenario.emulator.messages(count: 5)
            try await scenario.gateway.store.counts("all sent") { $0 == ["S": 5] }
            let requests = try await ["draft", "attachment", "send"].asyncMap {
                try await scenario.emulator.requests($0)
            }
            .joined().sorted { $0.arrived < $1.arrived }
            #expect(requests.reduce(0) { $0 + $1.bytes } > 8_000_000)
            for (index, first) in requests.enumerated() {
                let octets = requests[index...].filter { $0.arrived < first.arrived + 3 }.reduce(0) { $0 + $1.bytes }
                #expect(octets <= 8_000_000, "\(octets) octets in the window from \(first.arrived)")
            }
        }
    }
}

extension [String] {
    fileprivate func asyncMap<Value>(_ transform: (String) async throws -> [Value]) async throws -> [[Value]] {
        var values: [[Value]] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
