import Foundation
import Testing

/// What is asked of every burst, by whichever path it goes.
extension Scenario {
    /// Every message of these was delivered exactly once, and its row says so.
    @discardableResult
    func checkEachOnce(
        _ ids: [String], within limit: Duration = .seconds(60), sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> [CapturedMessage] {
        try await emulator.messages(count: ids.count, within: limit)
        try await gateway.store.counts("all sent", within: limit) { $0 == ["S": ids.count] }
        let captured = try await emulator.messages()
        #expect(captured.count == ids.count, sourceLocation: sourceLocation)
        #expect(Set(captured.map(\.subject)).count == ids.count, sourceLocation: sourceLocation)
        #expect(try await gateway.store.rows().map(\.id) == ids, sourceLocation: sourceLocation)
        return captured
    }

    /// The emulator never saw more connections or submissions of a mailbox than `limit`.
    func checkCap(
        _ limit: Int = 3, mailboxes: Int? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let seen = try await emulator.counters().mailboxes.filter { $0.value.maxSmtpConnections > 0 }
        if let mailboxes { #expect(seen.count == mailboxes, sourceLocation: sourceLocation) }
        for (name, counts) in seen {
            #expect(counts.maxSmtpConnections <= limit, "\(name): \(counts)", sourceLocation: sourceLocation)
            #expect(counts.maxSmtpSubmissions <= limit, "\(name): \(counts)", sourceLocation: sourceLocation)
        }
    }

    /// Hands in one message as it stands, for those recipients, whatever its header says.
    func submit(_ text: String, from sender: String = Corpus.sender, to recipients: [String] = [Corpus.recipient])
        async throws
    {
        let directory = try TemporaryDirectory()
        let file = try directory.write(text, to: "message.eml")
        _ = try await Python.run(
            "smtplib_client.py", ["\(gateway.port)", sender, recipients.joined(separator: ","), file])
    }
}

/// What `postern queue --json` prints, as far as pauses go.
struct QueueReport: Decodable, Sendable {
    struct Lane: Decodable, Sendable {
        var mailbox: String
        var pauses: [Pause]
    }

    struct Pause: Decodable, Sendable {
        var path: String
        var cause: String
        var reason: String
    }

    var lanes: [Lane]
    var pauses: [Pause] { lanes.flatMap(\.pauses) }
}

extension Gateway {
    func queue() async throws -> QueueReport {
        try JSONDecoder.snakeCase.decode(QueueReport.self, from: await run("queue", "--json").bytes)
    }
}
