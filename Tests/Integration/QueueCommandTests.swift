import Foundation
import Testing

/// The operator's verbs: hold, release, cancel, flush, resend.
@Suite(.serialized, .timeLimit(.minutes(5))) struct QueueCommandTests {
    private func enqueue(_ subject: String, _ scenario: Scenario) async throws -> String {
        let result = try await scenario.gateway.run(
            "send", "--queue", "--json", "--from", "reports@contoso.com", "--to", "a@example.org", "--subject", subject,
            "--text", "x")
        struct Queued: Decodable { var queued: [String] }
        return try #require(try JSONDecoder().decode(Queued.self, from: result.bytes).queued.first)
    }

    @Test func heldMailWaitsForItsRelease() async throws {
        try await Scenario.run(started: false) { scenario in
            let (held, free) = (try await enqueue("held", scenario), try await enqueue("free", scenario))
            #expect(try await scenario.gateway.run("queue", "hold", held).status == 0)
            #expect(try await scenario.gateway.store.counts() == ["H": 1, "Q": 1])
            let list = try await scenario.gateway.run("queue")
            #expect(list.status == 0 && list.output.contains(held) && list.output.contains(free))
            try await scenario.gateway.start()
            try await scenario.gateway.store.counts("the free one is sent") { $0 == ["H": 1, "S": 1] }
            #expect(try await scenario.gateway.run("queue", "release", held).status == 0)
            try await scenario.gateway.store.counts("both are sent") { $0 == ["S": 2] }
            #expect(try await scenario.emulator.messages().map(\.subject) == ["free", "held"])
        }
    }

    @Test func cancelledMailNeverLeaves() async throws {
        try await Scenario.run(started: false) { scenario in
            let (cancelled, other) = (try await enqueue("cancelled", scenario), try await enqueue("other", scenario))
            #expect(try await scenario.gateway.run("queue", "cancel", cancelled).status == 0)
            try await scenario.gateway.start()
            try await scenario.gateway.store.counts("the other is sent") { $0 == ["C": 1, "S": 1] }
            #expect(try await scenario.emulator.messages().map(\.subject) == ["other"])
            #expect(try await scenario.gateway.run("queue", "cancel", other).status != 0)
            #expect(try await scenario.gateway.run("queue", "release", cancelled).status != 0)
        }
    }

    @Test func theQueueAsJSON() async throws {
        try await Scenario.run(started: false) { scenario in
            let id = try await enqueue("waiting", scenario)
            let result = try await scenario.gateway.run("queue", "list", "--json")
            let document = try #require(try JSONSerialization.jsonObject(with: result.bytes) as? [String: Any])
            let messages = try #require(document["messages"] as? [[String: Any]])
            #expect(messages.map { $0["id"] as? String } == [id] && messages[0]["status"] as? String == "Q")
        }
    }

    private struct Queue: Decodable {
        struct Wait: Decodable {
            var reason: String
            var until: String?
        }
        struct Waiting: Decodable {
            var priority: String
            var messages: Int
            var waits: [Wait]
        }
        struct Lane: Decodable {
            var mailbox: String
            var nextStartDate: String?
            var drainSeconds: Int?
            var waiting: [Waiting]
        }
        struct Quota: Decodable {
            var mailbox: String?
            var limit: String
            var percent: Int
        }
        struct Pause: Decodable {
            var mailbox: String?
            var cause: String
            var until: String
        }
        var service: Bool
        var lanes: [Lane]
        var pauses: [Pause]
        var quotas: [Quota]
    }

    private static let timestamp = Date.ISO8601FormatStyle().year().month().day().dateTimeSeparator(.space)
        .time(includingFractionalSeconds: true)

    private func queue(_ scenario: Scenario) async throws -> Queue {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Queue.self, from: try await scenario.gateway.run("queue", "--json").bytes)
    }

    /// Five external recipients a day: the others are put off, mail within the tenant is not, and a process that was killed
    /// is no excuse to send more.
    @Test("Pitfall 29: the queue says what each lane waits for, and until when") func saysWhatItWaitsForAndUntilWhen()
        async throws
    {
        let limits = "{messages_per_mailbox: 100000/m, external_recipients: 5/d}"
        try await Scenario.run(GatewayConfiguration(limits: limits)) { scenario in
            try await scenario.send(8)
            try await scenario.gateway.store.rows("three are put off", where: "status = 'Q'") { rows in
                rows.count == 3 && rows.allSatisfy { $0.errorText?.contains("`external_recipients`") == true }
            }
            try await scenario.send(2, to: "colleague@contoso.com", prefix: "inside")
            try await scenario.gateway.store.counts("the others are sent") { $0 == ["S": 7, "Q": 3] }
            for isServed in [true, false] {
                let queue = try await queue(scenario)
                let lane = try #require(queue.lanes.first)
                #expect(queue.service == isServed)
                #expect(lane.waiting.map(\.messages) == [3] && lane.waiting[0].priority == "normal")
                #expect(lane.waiting[0].waits.map(\.reason) == ["external_recipients"])
                #expect(lane.nextStartDate != nil && 86_000...86_400 ~= lane.drainSeconds ?? 0)
                #expect(queue.quotas.contains { $0.limit == "external_recipients" && $0.percent == 100 })
                if isServed { try await scenario.gateway.kill() }
            }
            try await scenario.gateway.start()
            _ = try await scenario.gateway.run("queue", "flush", "--all")
            try await scenario.send(1, to: "colleague@contoso.com", prefix: "after")
            try await scenario.gateway.store.counts("delivery is at work again") { $0 == ["S": 8, "Q": 3] }
            #expect(try await scenario.emulator.messages().count == 8)
        }
    }

    @Test("Pitfall 29: the queue says what is paused, and until when") func showsAPauseThatNothingWaitsFor()
        async throws
    {
        try await Scenario.run { scenario in
            try await scenario.emulator.addFault(
                #"{"preset": "throttle", "operation": "sendMail", "headers": {"Retry-After": "3600"}, "count": 1}"#)
            let before = Date()
            let id = try await scenario.send()[0]
            try await scenario.gateway.store.rows("throttled") { $0.first?.errorText != nil }
            #expect(try await scenario.gateway.run("queue", "cancel", id).status == 0)
            let queue = try await queue(scenario)
            #expect(queue.lanes.isEmpty)
            #expect(queue.pauses.map(\.mailbox) == ["reports@contoso.com"] && queue.pauses[0].cause == "throttled")
            let until = try Date(queue.pauses[0].until, strategy: Self.timestamp)
            // A date has milliseconds, and is cut there.
            #expect(until > before + 3599.99 && until <= Date() + 3600, "\(until)")
            let text = try await scenario.gateway.run("queue").output
            #expect(text.contains("The queue is empty.") && text.contains("reports@contoso.com  graph"), "\(text)")
        }
    }

    @Test func flushBringsTheNextAttemptForward() async throws {
        try await Scenario.run(GatewayConfiguration(retry: "{first: 1h, max: 1h}")) { scenario in
            try await scenario.emulator.addFault(
                #"{"operation": "sendMail", "status": 503, "code": "ServiceNotAvailable", "message": "Later.", "count": 1000}"#
            )
            try await scenario.send()
            let row = try #require(
                try await scenario.gateway.store.rows("deferred") { $0.first?.errorText != nil }.first)
            #expect(row.status == "Q" && row.errorText?.contains("Later.") == true)
            // Not while a probe of the paused mailbox has the message in hand.
            try await eventually("flushed") {
                try await scenario.gateway.run("queue", "flush", row.id).status
            } until: {
                $0 == 0
            }
            try await scenario.emulator.removeFaults()
            try await scenario.gateway.store.counts("sent") { $0 == ["S": 1] }
        }
    }

    // MARK: Resend

    private func withFailed(_ body: (Scenario, [String]) async throws -> Void) async throws {
        try await Scenario.run { scenario in
            try await scenario.emulator.addFault(
                #"{"operation": "sendMail", "status": 400, "code": "ErrorInvalidRecipients", "count": 3}"#)
            let ids = try await scenario.send(3, connections: 1)
            try await scenario.gateway.store.counts("all failed") { $0 == ["F": 3] }
            try await body(scenario, ids)
        }
    }

    @Test func resendingTwiceDoublesNothing() async throws {
        try await withFailed { scenario, ids in
            let first = try await scenario.gateway.run("resend", "--status", "F", "--since", "1d")
            #expect(first.status == 0 && ids.allSatisfy { first.output.contains($0) }, "\(first)")
            _ = try await scenario.gateway.run("resend", "--status", "F", "--since", "1d")
            _ = try await Command.run(Executables.postern, ["resend", "--config", scenario.gateway.file] + ids)
            try await scenario.gateway.store.counts("all sent") { $0 == ["S": 3] }
            _ = try await Command.run(Executables.postern, ["resend", "--config", scenario.gateway.file] + ids)
            // What would be doubled would come before this one.
            try await scenario.send(prefix: "marker")
            let captured = try await scenario.emulator.messages(count: 4)
            #expect(captured.count == 4)
            #expect(try await scenario.gateway.store.rows().count == 4)
        }
    }

    @Test func aDryRunChangesNothing() async throws {
        try await withFailed { scenario, ids in
            let result = try await scenario.gateway.run("resend", "--status", "F", "--dry-run")
            #expect(result.status == 0 && ids.allSatisfy { result.output.contains($0) })
            #expect(try await scenario.gateway.store.counts() == ["F": 3])
        }
    }

    /// The body of sent mail is only there while `retention.bodies` keeps it.
    @Test func aSentMessageIsRepeatedOnlyWhenAskedForAsANewRow() async throws {
        let configuration = GatewayConfiguration(top: ["retention: {bodies: 1d}"])
        try await Scenario.run(configuration) { scenario in
            let id = try #require(try await scenario.send().first)
            try await scenario.gateway.store.counts("sent") { $0 == ["S": 1] }
            #expect(try await scenario.gateway.run("resend", id).status != 0)
            let again = try await scenario.gateway.run("resend", id, "--again")
            #expect(again.status == 0, "\(again)")
            let rows = try await scenario.gateway.store.rows("sent again") { $0.map(\.status) == ["S", "S"] }
            #expect(rows.compactMap(\.resendOf) == [id])
            #expect(try await scenario.emulator.messages().count == 2)
        }
    }
}
