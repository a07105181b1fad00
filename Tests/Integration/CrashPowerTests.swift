import EmailLog
import Foundation
import Testing

/// The power goes: only what was synced is still there, and of the rest what the disk happened to write.
@Suite(.serialized, .enabled(if: Disk.obstacle == nil, "\(Disk.obstacle ?? "")"), .timeLimit(.minutes(15)))
struct CrashPowerTests {
    private static let cuts = 12

    @Test(arguments: 1...Scale.of(1, long: 40)) func nothingAcknowledgedIsLost(_ seed: Int) async throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let points = Death.points.shuffled(using: &random).prefix(Self.cuts - 4)
        let deaths: [Death] =
            points.map { Death.at($0, using: &random) }
            + (0..<3).map { _ in .after(.milliseconds(.random(in: 200..<700, using: &random))) } + [.ordered]
        try await Scenario.run(started: false) { scenario in
            let campaign = CrashCampaign(
                scenario, on: try await Disk(under: scenario.gateway.directory, losesPower: true))
            try await campaign.begin()
            for death in deaths.shuffled(using: &random) {
                let chance = random.next()
                campaign.unsynced = chance.isMultiple(of: 3) ? .lost : .keptAtRandom(seed: chance)
                try await campaign.die(death)
            }
            try await campaign.check("seed \(seed)")
        }
    }

    /// The directories that a first start makes are there from then on, too.
    @Test func theFirstMessagesAreAsSafe() async throws {
        try await Scenario.run(started: false) { scenario in
            let gateway = scenario.gateway
            let disk = try await Disk(under: gateway.directory, losesPower: true)
            try await gateway.start(environment: disk.environment)
            try await scenario.emulator.addFault(#"{"preset": "outage"}"#)
            _ = try await Python.run(
                "burst.py", ["--port", "\(gateway.port)", "--count", "3", "--size", "150000"])
            try await gateway.kill()
            let text = "From: reports@contoso.com\nTo: customer@example.org\nSubject: later\n\nHello\n"
            try await Command.succeed(
                Executables.postern, ["sendmail", "--config", gateway.file, "-t"], input: Data(text.utf8),
                environment: disk.environment)
            try disk.cutPower(.lost)
            try await scenario.emulator.removeFaults()
            try await gateway.start(environment: disk.environment)
            let rows = try await gateway.store.rows("sent") { $0.count == 4 && $0.allSatisfy { $0.status == "S" } }
            #expect(rows.count == 4)
        }
    }

    /// A store that is half made is no obstacle to the next start.
    @Test(arguments: 1...Scale.of(5, long: 100)) func aFirstStartThatIsCutOff(_ seed: Int) async throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let gateway = try Gateway(GatewayConfiguration(), endpoint: "http://127.0.0.1:9")
        let disk = try await Disk(under: gateway.directory, losesPower: true)
        let program = try gateway.launch(environment: disk.environment)
        try await Task.sleep(for: .milliseconds(.random(in: 20..<300, using: &random)))
        await program.kill()
        try disk.cutPower(.keptAtRandom(seed: random.next()))
        try await gateway.start(environment: disk.environment)
        #expect(try await gateway.stop() == Program.Ending(status: 0, bySignal: false), "seed \(seed)")
    }

    /// With a disk that only says it has synced, mail is lost: so the cut is one.
    @Test(arguments: ["", " postern.sqlite-wal", " postern.sqlite.spool"])
    func aDiskThatLiesLosesMail(_ part: String) async throws {
        try await Scenario.run(started: false) { scenario in
            try await scenario.emulator.addFault(#"{"preset": "outage"}"#)
            let gateway = scenario.gateway
            let disk = try await Disk(under: gateway.directory, losesPower: true)
            // A store that is safe, and empty.
            try await gateway.start(environment: disk.environment)
            try disk.fail("sync ignored\(part)")
            _ = try await Python.run(
                "burst.py", ["--port", "\(gateway.port)", "--count", "20", "--size", "150000"])
            try await gateway.kill()
            try disk.heal()
            try disk.cutPower(.lost)
            try await scenario.emulator.removeFaults()
            try await gateway.start(environment: disk.environment)
            let rows = try await gateway.store.rows("nothing waits") {
                $0.allSatisfy { $0.status != "Q" && $0.status != "P" }
            }
            #expect(rows.filter { $0.status == "S" }.count < 20)
        }
    }
}
