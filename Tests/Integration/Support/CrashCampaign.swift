import EmailLog
import Foundation
import Testing

/// A service that dies again and again, on one store, while clients hand in mail; what they were told is kept.
final class CrashCampaign {
    private static let patience = Duration.seconds(60)

    let scenario: Scenario
    /// Where each death is a power cut, too.
    private let disk: Disk?
    /// What becomes of unsynced writes in the next power cut.
    var unsynced = Disk.Unsynced.lost
    private(set) var deaths = 0
    /// Subjects of all that was answered 250, or by exit status 0.
    private(set) var acknowledged: Set<String> = []
    /// What no death is to change: the status of each, by its subject.
    private(set) var settled: [String: String] = [:]

    init(_ scenario: Scenario, on disk: Disk? = nil) {
        (self.scenario, self.disk) = (scenario, disk)
    }

    private var gateway: Gateway { scenario.gateway }

    /// Makes the store, which sendmail wants to see.
    func begin() async throws {
        try await gateway.start(environment: environment())
        try await gateway.kill()
    }

    /// Leaves one message that was refused and reported to its sender, one that is held, and one that was cancelled.
    func settleSome() async throws {
        for (subject, verb) in [("held", "hold"), ("cancelled", "cancel")] {
            let decided = try await gateway.run("queue", verb, try await enqueue(subject))
            #expect(decided.status == 0, "\(decided)")
        }
        _ = try await enqueue("refused")
        try await scenario.emulator.addFault(
            #"{"operation": "sendMail", "status": 400, "code": "ErrorInvalidRecipients", "count": 1}"#)
        try await gateway.start(environment: environment())
        settled = ["held": "H", "cancelled": "C", "refused": "F"]
        try await gateway.store.counts("refused and reported") { $0 == ["H": 1, "C": 1, "F": 1, "S": 1] }
        try await gateway.kill()
    }

    private func enqueue(_ subject: String) async throws -> String {
        struct Queued: Decodable { var queued: [String] }
        let result = try await gateway.run(
            "send", "--queue", "--json", "--from", "reports@contoso.com", "--to", "customer@example.org", "--subject",
            subject, "--text", "Hello")
        return try #require(try JSONDecoder().decode(Queued.self, from: result.bytes).queued.first)
    }

    func die(_ death: Death) async throws {
        switch death {
        case .after, .ordered: try await dieUnderLoad(death)
        case .at(.maildropWritten, _), .at(.maildropSynced, _), .at(.maildropNamed, _):
            try await sendmail(death)
            try await sendmail()
        case .at(.maildropRead, _), .at(.maildropTaken, _):
            for _ in 1...3 { try await sendmail() }
            try await dieUnderLoad(death)
        case .at(.recovered, _):
            // It has something to recover only behind an attempt that was cut off.
            try await dieUnderLoad(.at(.claimed, time: 1))
            try await dieUnderLoad(death)
        case .at(.bodyArriving, _), .at(.bodySynced, _), .at(.bodyNamed, _), .at(.bodyPublished, _),
            .at(.committing, _), .at(.committed, _), .at(.accepted, _), .at(.chosen, _), .at(.claimed, _),
            .at(.bytesLeaving, _), .at(.draftMade, _), .at(.draftKept, _), .at(.answered, _), .at(.settled, _),
            .at(.shadowClaimed, _), .at(.shadowAnswered, _):
            try await dieUnderLoad(death)
        }
    }

    private func environment(_ death: Death? = nil) -> [String: String] {
        var environment = disk?.environment ?? [:]
        if case .at(let point, let time) = death { environment["POSTERN_CRASH_AT"] = "\(point.rawValue):\(time)" }
        return environment
    }

    // MARK: The service

    private func dieUnderLoad(_ death: Death) async throws {
        let program = try gateway.launch(environment: environment(death))
        let killer = Task {
            guard case .after(let moment) = death else { return }
            try await Task.sleep(for: moment)
            program.send(SIGKILL)
        }
        // It may die before it is ready.
        if (try? await gateway.ready()) != nil { try await burst(of: death.messages) }
        if case .ordered = death { program.send(SIGTERM) }
        let ending = await program.ending(within: Self.patience)
        if ending == nil { await program.kill() }
        try await killer.value
        #expect(ending == death.ending, "\(death): \(program.errors.text.suffix(2000))")
        try died()
    }

    private func died() throws {
        deaths += 1
        try disk?.cutPower(unsynced)
    }

    /// Each time others: by SMTP, those of an attempt that was cut off rest for some seconds.
    private var senders: String { (1...12).map { "sender\(deaths)x\($0)@contoso.com" }.joined(separator: ",") }

    /// Several clients at once, some of whose messages are too large for the database.
    private func burst(of count: Int) async throws {
        struct Report: Decodable { var acknowledged: [String: String] }
        let report = try await Python.run(
            "burst.py",
            [
                "--port", "\(gateway.port)", "--count", "\(count)", "--senders", senders, "--prefix",
                "burst\(deaths)", "--connections", "6", "--size", "150000", "--every", "12", "--until-death",
            ], as: Report.self)
        acknowledged.formUnion(report.acknowledged.keys)
    }

    // MARK: Commands

    private var calls = 0

    private func sendmail(_ death: Death? = nil) async throws {
        let subject = nextSubject()
        let text = "From: reports@contoso.com\nTo: customer@example.org\nSubject: \(subject)\n\nHello\n"
        try await call(["sendmail", "-t"], input: text, subject, death)
    }

    /// `postern send` in the place of a service that is down, which dies.
    func dieSending(at point: CrashPoint) async throws {
        let subject = nextSubject()
        let message = ["--from", "reports@contoso.com", "--to", "customer@example.org", "--subject", subject]
        try await call(["send"] + message + ["--text", "Hello"], subject, .at(point, time: 1))
    }

    private func nextSubject() -> String {
        calls += 1
        return "command\(calls)"
    }

    private func call(_ arguments: [String], input: String = "", _ subject: String, _ death: Death?) async throws {
        let result = try await Command.run(
            Executables.postern, arguments + ["--config", gateway.file], input: Data(input.utf8),
            environment: environment(death))
        guard let death else {
            #expect(result.status == 0, "\(result)")
            acknowledged.insert(subject)
            return
        }
        #expect(result.status == -SIGKILL, "\(death): \(result)")
        try died()
    }
}
