import Foundation
import Testing

/// Mail at a steady rate, of which Microsoft answers one in twenty with a fault of some kind: all of it is delivered, and what
/// the process holds does not grow.
@Suite(.serialized, .timeLimit(.minutes(90))) struct SoakTests {
    /// Seconds.
    private static let length =
        ProcessInfo.processInfo.environment["POSTERN_SOAK_SECONDS"].flatMap { Int($0) } ?? Scale.of(12, long: 3600)
    private static let rate = 20
    /// Seconds that one client hands in mail.
    private static let slice = 12
    private static let senders = (1...10).map { "mailbox\($0)@contoso.com" }.joined(separator: ",")

    /// How many more connections may stand ready for the next request than did before. One that leaked with every fault would
    /// be more than twice as many even in the shortest run.
    private static let keptConnections = 5

    private static let faults = [
        #""preset": "throttle", "headers": {"Retry-After": "1"}"#,
        #""preset": "unavailable", "headers": {"Retry-After": "1"}"#,
        #""preset": "504-not-sent""#, #""preset": "answer-lost""#, #""preset": "reset-before-body""#,
    ].map { #"{"operation": "sendMail", "probability": 0.01, "count": 0, \#($0)}"# }

    @Test func everythingIsDeliveredOnFlatMemoryAndDescriptors() async throws {
        try await Scenario.run { scenario in
            let pid = try scenario.gateway.program.pid
            try await scenario.send(200, from: Self.senders, prefix: "warm", connections: 8)
            try await scenario.gateway.store.counts("warm") { $0 == ["S": 200] }
            let baseline = try Vitals(of: pid)
            try await scenario.emulator.addFault("[\(Self.faults.joined(separator: ","))]")
            let isDone = Locked(false)
            async let vitals = watch(pid, until: isDone)
            let count = try await load(scenario) + 200
            isDone.with { $0 = true }
            try await scenario.emulator.removeFaults()
            try await scenario.gateway.store.counts("all sent", within: .seconds(120)) { $0 == ["S": count] }
            try await checkCopies(count, scenario)
            check(try await vitals)
            let limit = baseline.descriptors + Self.keptConnections
            try await eventually("at most \(limit) descriptors", within: .seconds(120)) {
                try Vitals(of: pid).descriptors
            } until: {
                $0 <= limit
            }
        }
    }

    /// - Returns: how many messages were handed in.
    private func load(_ scenario: Scenario) async throws -> Int {
        var count = 0
        for begin in stride(from: 0, to: Self.length, by: Self.slice) {
            let batch = Self.rate * min(Self.slice, Self.length - begin)
            // One that lies in a file of its own.
            try await scenario.send(1, from: "large@contoso.com", prefix: "large-\(begin)", size: 200_000)
            try await scenario.send(batch, from: Self.senders, prefix: "soak-\(begin)", connections: 8, rate: Self.rate)
            count += batch + 1
        }
        return count
    }

    private func watch(_ pid: Int32, until isDone: Locked<Bool>) async throws -> [Vitals] {
        var vitals: [Vitals] = []
        while !isDone.with({ $0 }) {
            vitals.append(try Vitals(of: pid))
            try await Task.sleep(for: .seconds(1))
        }
        return vitals
    }

    /// Nothing was lost, and only what is on record as unknown came twice.
    private func checkCopies(_ count: Int, _ scenario: Scenario) async throws {
        let captured = try await scenario.emulator.counters().messages
        let unknown = try await scenario.gateway.store.query(
            "SELECT COUNT(*) FROM email_attempt WHERE outcome = 'unknown'")
        let repeats = unknown.rows.first?.first.flatMap { $0 }.flatMap { Int($0) } ?? 0
        #expect(count...(count + repeats) ~= captured, "\(captured) of \(count), \(repeats) unknown")
    }

    /// The last third against the second, each by its median: what a process needs at all it has by then, and what it opens
    /// for a moment, as for mail that has waited for a pause, it closes again.
    private func check(_ vitals: [Vitals]) {
        let third = vitals.count / 3
        guard third >= 30 else { return }
        let (earlier, later) = (vitals.dropFirst(third).prefix(third), vitals.suffix(third))
        let memory = [earlier, later].map { $0.map(\.memory).sorted()[third / 2] }
        let descriptors = [earlier, later].map { $0.map(\.descriptors).sorted()[third / 2] }
        print("soak: memory \(memory.map { $0 / 1_000_000 }) MB, descriptors \(descriptors)")
        #expect(memory[1] <= memory[0] + memory[0] / 20 + 4_000_000, "bytes: \(memory)")
        #expect(descriptors[1] <= descriptors[0] + Self.keptConnections, "\(descriptors)")
    }
}
