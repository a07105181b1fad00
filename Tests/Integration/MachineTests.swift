import Foundation
import Testing

/// Our own machine fails under the real service. What it cannot store it refuses for now and never answers 250; what it has
/// accepted it delivers once the machine is well again, once; and it neither ends nor has to be started anew.
@Suite(.serialized, .enabled(if: Disk.obstacle == nil, "\(Disk.obstacle ?? "")"), .timeLimit(.minutes(10)))
struct MachineTests {
    private struct Report: Decodable {
        var acknowledged: [String: String]
        var refused: [String]
    }

    private func burst(_ count: Int, _ prefix: String, size: Int = 600, _ scenario: Scenario) async throws -> Report {
        try await Python.run(
            "burst.py",
            [
                "--port", "\(scenario.gateway.port)", "--count", "\(count)", "--prefix", prefix, "--size", "\(size)",
                "--connections", "4",
            ], as: Report.self)
    }

    private func holdsAll(_ count: Int, _ scenario: Scenario) async throws {
        try await scenario.gateway.store.counts("all sent") { $0 == ["S": count] }
        #expect(try await scenario.emulator.counters().messages == count, "each once")
        #expect(try scenario.gateway.program.isRunning)
    }

    // MARK: The disk

    private static let outage = #"{"preset": "outage"}"#

    private static let diskFaults: [([String], String, Int)] =
        [
            (["write ENOSPC"], "452", 600), (["write EROFS", "open EROFS", "name EROFS"], "451", 300_000),
            (["sync EIO"], "451", 600),
        ]
        + (Scale.isLong
            ? [
                (["write ENOSPC .spool"], "452", 300_000), (["write EIO"], "451", 600),
                (["open EMFILE .spool"], "451", 300_000),
            ] : [])

    @Test("Pitfall 2: what cannot be stored is refused for now", arguments: diskFaults)
    func aDiskThatFails(_ faults: [String], _ code: String, _ size: Int) async throws {
        try await Scenario.run(started: false) { scenario in
            let disk = try await Disk(under: scenario.gateway.directory)
            try await scenario.gateway.start(environment: disk.environment)
            try await scenario.emulator.addFault(Self.outage)
            #expect(try await burst(3, "before", size: size, scenario).acknowledged.count == 3)
            try disk.fail(faults)
            let report = try await burst(8, "during", size: size, scenario)
            #expect(report.acknowledged.isEmpty && report.refused.count == 8, "\(report)")
            #expect(report.refused.allSatisfy { $0.hasPrefix(code) }, "\(report.refused)")
            try await scenario.emulator.removeFaults()
            try disk.heal()
            #expect(try await burst(3, "after", size: size, scenario).acknowledged.count == 3)
            try await holdsAll(6, scenario)
        }
    }

    /// What came of an attempt cannot be written down: it is kept, and written down later, so that nothing goes twice.
    @Test func anOutcomeIsRecordedWhenTheDiskAllowsIt() async throws {
        try await Scenario.run(emulator: #"{"graph": {"latency": 1}}"#, started: false) { scenario in
            let disk = try await Disk(under: scenario.gateway.directory)
            try await scenario.gateway.start(environment: disk.environment)
            try await scenario.send(2)
            try await scenario.emulator.firstRequest()
            try disk.fail("write ENOSPC")
            try await scenario.emulator.messages(count: 2)
            try await eventually("it says so") {
                try scenario.gateway.program.errors.text
            } until: {
                $0.contains("store failed, delivery rests")
            }
            try disk.heal()
            try await holdsAll(2, scenario)
        }
    }

    /// There is nothing to start on, and nobody should try again and again: the status says so to the service manager.
    @Test(arguments: [
        (["open EROFS postern.sqlite", "write EROFS postern.sqlite"], "cannot be written", 78),
        (["read EIO postern.sqlite"], "the disk failed", 75),
    ])
    func aStartOnABadDiskIsRefused(_ faults: [String], _ words: String, _ status: Int32) async throws {
        try await Scenario.run(started: false) { scenario in
            let disk = try await Disk(under: scenario.gateway.directory)
            try await scenario.gateway.start(environment: disk.environment)
            try await scenario.gateway.stop()
            try disk.fail(faults)
            let program = try scenario.gateway.launch(environment: disk.environment)
            #expect(await program.ending(within: .seconds(60)) == Program.Ending(status: status, bySignal: false))
            await program.errors.ended(within: .seconds(5))
            #expect(program.errors.text.contains(words), "\(program.errors.text)")
            try disk.heal()
            try await scenario.gateway.start(environment: disk.environment)
        }
    }

    // MARK: The store

    @Test func anotherProcessKeepsTheStoreLocked() async throws {
        try await Scenario.run { scenario in
            try await scenario.emulator.addFault(Self.outage)
            try await scenario.send(2)
            let lock = try Python.program("alter.py", [scenario.gateway.store.path, "lock", "12"])
            #expect(await lock.output.line(within: .seconds(30)) { $0 == "locked" } != nil)
            // Who waited long enough is told to come again, and who came later may get in.
            let report = try await burst(4, "during", scenario)
            #expect(report.acknowledged.count + report.refused.count == 4)
            #expect(report.refused.allSatisfy { $0.hasPrefix("451") }, "\(report)")
            #expect(await lock.ending(within: .seconds(60)) == Program.Ending(status: 0, bySignal: false))
            try await scenario.emulator.removeFaults()
            try await scenario.send(2, prefix: "after")
            try await holdsAll(4 + report.acknowledged.count, scenario)
        }
    }

    @Test func aDamagedStoreIsNotStartedOn() async throws {
        try await Scenario.run { scenario in
            try await scenario.send(3)
            try await scenario.gateway.store.counts("all sent") { $0 == ["S": 3] }
            try await scenario.gateway.stop()
            let path = scenario.gateway.store.path
            let sound = try Data(contentsOf: URL(fileURLWithPath: path))
            var damaged = sound
            damaged.replaceSubrange(100..<4096, with: Data(repeating: 0x5A, count: 3996))
            try damaged.write(to: URL(fileURLWithPath: path))
            let program = try scenario.gateway.launch()
            #expect(await program.ending(within: .seconds(60)) == Program.Ending(status: 78, bySignal: false))
            #expect(program.errors.text.contains("damaged"), "\(program.errors.text)")
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == damaged, "it is left as it is")
            try sound.write(to: URL(fileURLWithPath: path))
            try await scenario.gateway.start()
        }
    }

    /// Of five that wait, one has no readable row, one lost its file, one a piece of its body: the others go on.
    @Test("Pitfall 14: what is damaged is put aside and alerted") func damagedMessagesStopNobody() async throws {
        try await Scenario.run { scenario in
            try await scenario.emulator.addFault(Self.outage)
            let large = try await burst(1, "large", size: 300_000, scenario)
            let small = try await scenario.send(4)
            let name = try await scenario.gateway.store.query("SELECT spool FROM email_body WHERE spool IS NOT NULL")
            let spool = try #require(name.rows.first?.first ?? nil)
            try FileManager.default.removeItem(atPath: "\(scenario.gateway.store.path).spool/\(spool)")
            try await scenario.gateway.alter(
                "UPDATE email_log SET recipients = '[\"nobody\"]' WHERE id = '\(small[0])'",
                "UPDATE email_body SET bytes = x'00' WHERE id = (SELECT body_id FROM email_log WHERE id = '\(small[1])')"
            )
            try await scenario.emulator.removeFaults()
            try await scenario.gateway.store.counts("the others are sent") { $0 == ["S": 2, "F": 2, "H": 1] }
            let rows = try await scenario.gateway.store.rows("status <> 'S'")
            let words = Dictionary(uniqueKeysWithValues: rows.map { ($0.id, $0.errorText ?? "") })
            #expect(words[small[0]]?.contains("set aside") == true, "\(words)")
            #expect(words[small[1]]?.contains("damaged") == true, "\(words)")
            #expect(words[large.acknowledged.values.first ?? ""]?.contains("gone") == true, "\(words)")
            for name in ["failed", "set_aside"] {
                try await eventually("an alert") {
                    try scenario.gateway.program.errors.text
                } until: { text in
                    text.split(separator: "\n").contains {
                        $0.contains(" error alert opened") && $0.contains("alert=\(name) ")
                    }
                }
            }
        }
    }

    // MARK: Descriptors

    /// Far more connections than there are descriptors: some are served, some refused, and delivery lacks none.
    @Test func aFloodOfConnectionsTakesNothingFromDelivery() async throws {
        try await Scenario.run(GatewayConfiguration(listener: ["max_connections: 5000"]), started: false) { scenario in
            let prlimit = try #require(Executables.find("prlimit"))
            try scenario.gateway.launch(by: [prlimit, "--nofile=256:256"])
            try await scenario.gateway.ready()
            try await scenario.emulator.addFault(Self.outage)
            try await scenario.send(10)
            let crowd = try Python.program("hold.py", ["\(scenario.gateway.port)", "400"])
            #expect(await crowd.output.line(within: .seconds(90)) { $0 == "held" } != nil, "all were answered")
            try await scenario.emulator.removeFaults()
            try await scenario.gateway.store.counts("delivered meanwhile") { $0 == ["S": 10] }
            await crowd.kill()
            try await scenario.send(5, prefix: "after")
            try await holdsAll(15, scenario)
        }
    }

    /// Not one is left: connections wait until there are some again.
    @Test func withoutADescriptorTheListenerLivesOn() async throws {
        try await Scenario.run { scenario in
            let prlimit = try #require(Executables.find("prlimit"))
            let pid = try scenario.gateway.program.pid
            try await scenario.send(2)
            try await holdsAll(2, scenario)
            let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count
            try await Command.succeed(prlimit, ["--pid", "\(pid)", "--nofile=\(open):"])
            let crowd = try Python.program("hold.py", ["\(scenario.gateway.port)", "20"])
            try await eventually("connections wait in the system's queue") {
                try Self.queued(scenario.gateway.port)
            } until: {
                $0 > 0
            }
            #expect(try scenario.gateway.program.isRunning)
            try await Command.succeed(prlimit, ["--pid", "\(pid)", "--nofile=1024:"])
            #expect(
                await crowd.output.line(within: .seconds(60)) { $0 == "held" } != nil, "those that waited are served")
            await crowd.kill()
            try await scenario.send(3, prefix: "after")
            try await holdsAll(5, scenario)
        }
    }

    /// How many connections to the port nobody has accepted yet (proc(5), /proc/net/tcp: the receive queue of a listener).
    private static func queued(_ port: UInt16) throws -> Int {
        let place = ":" + String(format: "%04X", Int(port))
        let table = try String(contentsOfFile: "/proc/net/tcp", encoding: .utf8)
        for line in table.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 4, fields[1].hasSuffix(place), fields[3] == "0A" else { continue }
            return Int(fields[4].suffix(8), radix: 16) ?? 0
        }
        return 0
    }

    // MARK: The clock

    private static let window = 6.0

    /// An attempt is to be repeated in three seconds, and twelve messages wait for the limit: no step makes that an hour, and
    /// none makes it more than it may be.
    @Test(arguments: Scale.isLong ? [-3600, 3600] : [-3600] as [Int64]) func theClockIsSet(_ step: Int64) async throws {
        let configuration = GatewayConfiguration(
            limits: "{messages_per_mailbox: 10/6s}", retry: "{first: 3s, factor: 1, max: 3s, jitter: 0}")
        try await Scenario.run(configuration, started: false) { scenario in
            let clock = try await WallClock()
            try await scenario.gateway.start(environment: clock.environment)
            try await scenario.emulator.addFault(#"{"preset": "504-not-sent", "operation": "sendMail"}"#)
            try await scenario.send(1, from: "retried@contoso.com", prefix: "retried")
            try await scenario.gateway.store.rows("it is put off") { $0.first?.attempts == 1 }
            try await scenario.send(22)
            try clock.set(ahead: step)
            try await scenario.gateway.store.counts("all sent", within: .seconds(45)) { $0 == ["S": 23] }
            try await holdsAll(23, scenario)
            let requests = try await scenario.emulator.requests()
            #expect(requests.count == 24, "one was repeated once")
            let arrivals = requests.filter { $0.mailbox == "reports@contoso.com" }.map(\.arrived).sorted()
            for (index, start) in arrivals.enumerated() {
                let inWindow = arrivals[index...].count { $0 < start + Self.window }
                #expect(inWindow <= 10, "\(inWindow) requests in the window from \(start): \(arrivals)")
            }
        }
    }
}

extension Gateway {
    /// Beside the service, as no Postern does.
    fileprivate func alter(_ statements: String...) async throws {
        _ = try await Python.run("alter.py", [store.path, "run"] + statements)
    }
}
