import Foundation
import GRDB
import MailModel

@testable import EmailLog

/// A directory of its own for a test's store, gone with the last reference to it.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "postern-store-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var store: String { path + "/postern.sqlite" }
    var spoolNames: [String] { (try? FileManager.default.contentsOfDirectory(atPath: store + ".spool")) ?? [] }

    func service() throws -> EmailLog { try EmailLog.open(path: store, role: .service) }
    func tool() throws -> EmailLog { try EmailLog.open(path: store, role: .tool) }

    /// What is on the disk this moment, as a process that starts after a crash would find it.
    func crashImage() throws -> TemporaryDirectory {
        let image = try TemporaryDirectory()
        for name in ["postern.sqlite", "postern.sqlite-wal", "postern.sqlite.spool"] {
            guard FileManager.default.fileExists(atPath: "\(path)/\(name)") else { continue }
            try FileManager.default.copyItem(atPath: "\(path)/\(name)", toPath: "\(image.path)/\(name)")
        }
        return image
    }

    /// The file as any other program sees it.
    func outside<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try DatabaseQueue(path: store).writeWithoutTransaction(body)
    }
}

let noon = Timestamp("2026-11-21 12:00:00")!

func after(_ seconds: Int) -> Timestamp { noon + .seconds(seconds) }
func address(_ text: String) -> Address { try! Address(parsing: text) }

let reports = address("reports@contoso.com")
let lane = LaneKey(route: "contoso", mailbox: reports)

func submission(
    _ id: String? = nil, at date: Timestamp = noon, to recipients: [[String]] = [["ann@fabrikam.com"]],
    route: String = "contoso", mailbox: Address = reports, subject: String? = "Weekly figures",
    priority: Priority = .normal, via: Path? = nil, start: Submission.Start = .queued,
    body: Submission.Body = .bytes(Array("Hello\r\n".utf8))
) -> Submission {
    Submission(
        queueID: id.map { QueueID(rawValue: $0) }, createdDate: date,
        envelopes: recipients.map { Envelope(sender: reports, recipients: $0.map(address)) }, route: route,
        mailbox: mailbox, headerFrom: "Reports <reports@contoso.com>", subject: subject,
        messageID: "<1@contoso.com>", client: "192.0.2.7", user: "reports", priority: priority, via: via, start: start,
        body: body
    )
}

let accepted = Outcome.accepted(Receipt(status: 202, requestID: "r-1"))
let throttled = Outcome.deferred(
    Refusal(scope: .mailbox, cause: .throttled, status: 429, code: "ApplicationThrottled", text: "slow down"),
    retryAfter: .seconds(30))
let rejected = Outcome.rejected(
    Refusal(
        scope: .message, cause: .rejected, status: 400, code: "ErrorInvalidRecipients", text: "no such recipient",
        requestID: "r-2"))
let lost = Outcome.unknown(Refusal(scope: .message, cause: .unavailable, status: 504, text: "no answer"))

func attempt(
    _ outcome: Outcome, at date: Timestamp = after(1), took duration: Duration = .milliseconds(250),
    path: Path = .graph, cost: AttemptRecord.Cost? = .init(recipients: 1, bytes: 7)
) -> AttemptRecord {
    AttemptRecord(startedDate: date, duration: duration, path: path, outcome: outcome, cost: cost)
}

extension EmailLog {
    func status(_ id: QueueID) async throws -> Status? { try await row(id)?.status }

    func acceptMany(_ count: Int) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<count { group.addTask { _ = try await self.accept(submission()) } }
            try await group.waitForAll()
        }
    }

    /// Accepts a message and leads it to `status` as real ones get there.
    func make(_ status: Status, id: String? = nil, at date: Timestamp = noon, keepBody: Bool = true) async throws
        -> QueueID
    {
        let id = try await accept(submission(id, at: date))
        switch status {
        case .queued: break
        case .held: _ = try await hold(.ids([id]))
        case .cancelled: _ = try await cancel(.ids([id]))
        case .inProgress, .sent, .failed, .unknown: _ = try await claim(id, path: .graph, at: date)
        }
        let started = date + .seconds(1)
        switch status {
        case .queued, .held, .cancelled, .inProgress: break
        case .sent:
            try await settle(id, .sent(keepBody: keepBody), attempt: attempt(accepted, at: started), at: started)
        case .failed: try await settle(id, .failed(because: nil), attempt: attempt(rejected, at: started), at: started)
        case .unknown: try await settle(id, .unknown, attempt: attempt(lost, at: started), at: started)
        }
        return id
    }
}

extension EmailLog {
    /// In the order of their turns.
    func allDue(in lane: LaneKey, at moment: Timestamp) async throws -> [WaitingRow] {
        var rows: [WaitingRow] = []
        for priority in Priority.allCases {
            rows += try await due(in: lane, LaneSection.all(of: priority), at: moment, limit: 100)
        }
        return rows
    }
}

/// Sebastiano Vigna's generator: small, and the same everywhere.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
