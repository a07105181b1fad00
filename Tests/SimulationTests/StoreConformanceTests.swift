import EmailLog
import MailModel
import Testing

@testable import Simulation

/// The store that delivery is simulated over answers as the real one does: the same verbs in random order to both, and the
/// same answers from both.
@Suite struct StoreConformanceTests {
    @Test(arguments: [UInt64](1...8)) func bothAnswerAlike(seed: UInt64) async throws {
        let directory = try StoreDirectory()
        let log = try EmailLog.open(path: directory.store, role: .service)
        var walk = ConformanceWalk(log: log, seed: seed)
        for _ in 0..<250 { try await walk.step() }
        try await walk.compareRows()
        try await log.close()
    }

    /// Rows of a process that is gone: the memory's by another number, the file's by a lock that nobody holds.
    @Test(arguments: [RecoveryPolicy.Next.retry(at: start + .seconds(20)), .hold], [false, true])
    func bothRecoverAlike(next: RecoveryPolicy.Next, mayLeaveDraft: Bool) async throws {
        let policy = RecoveryPolicy(next, mayLeaveDraft: mayLeaveDraft) { recipients, size in
            AttemptRecord.Cost(requests: 300, recipients: recipients, externalRecipients: recipients, bytes: 2 * size)
        }
        let directory = try StoreDirectory()
        let memory = MemoryStore()
        var log = try EmailLog.open(path: directory.store, role: .service)
        for number in 1...3 {
            let submission = submission(number, at: start)
            _ = try await log.accept(submission)
            try memory.accept(submission)
        }
        for store in [log, memory] as [any DeliveryStore] {
            _ = try await store.claim(QueueID(rawValue: "m1"), path: .graph, at: start)
            _ = try await store.claim(QueueID(rawValue: "m2"), path: .smtp, at: start + .seconds(1))
        }
        try await log.close()
        log = try EmailLog.open(path: directory.store, role: .service)
        memory.claimant += 1
        let now = start + .seconds(9)
        let recovered = try await log.recover(at: now) { _, _ in policy }
        #expect(recovered.count == 2)
        #expect(memory.recover(at: now) { _, _ in policy } == recovered)
        try await expectSame(log, memory, ["m1", "m2", "m3"])
        #expect(try await log.attempts(since: start, route: nil) == memory.attempts(since: start, route: nil))
        #expect(memory.recover(at: now) { _, _ in policy }.isEmpty)
        let first = QueueID(rawValue: "m1")
        if next == .hold {
            _ = try await log.resend([first], at: now)
            try memory.resend(first, at: now)
        }
        let again = try await log.claim(first, path: .graph, at: now + .seconds(20))
        #expect(memory.claim(first, path: .graph, at: now + .seconds(20)) == again)
        #expect(again?.draft == (mayLeaveDraft ? .somewhere : nil))
        try await log.close()
    }
}

/// One sequence of dice for both.
private struct ConformanceWalk {
    let log: EmailLog
    let memory = MemoryStore()
    var random: SplitMix64
    var now = start
    var ids: [QueueID] = []
    var count = 0

    init(log: EmailLog, seed: UInt64) {
        self.log = log
        random = SplitMix64(seed: seed)
    }

    mutating func step() async throws {
        now = now + random.duration(1...4000)
        switch Int.random(in: 0..<24, using: &random) {
        case 0..<5: try await accept()
        case 5..<9: try await claim()
        case 9..<12: try await settle()
        case 12: try await settleParts()
        case 13: try await putBack()
        case 14: try await postpone()
        case 15: try await expire()
        case 16: try await pause()
        case 17: try await endPause()
        case 18..<21: try await operate()
        default: try await compareWaiting()
        }
    }

    private mutating func id() -> QueueID { ids.isEmpty ? QueueID(rawValue: "none") : random.pick(ids) }
    private mutating func path() -> Path { random.pick(Path.allCases) }
    private mutating func queue() -> LaneQueue { random.pick(LaneQueue.allCases) }
    private mutating func pin() -> Path? { random.pick([nil, .graph, .smtp]) }
    private mutating func lane() -> LaneKey {
        LaneKey(route: "r", mailbox: Scenario.mailbox(.random(in: 0...2, using: &random)))
    }
    private mutating func later() -> Timestamp { now + random.duration(-2000...30_000) }

    private mutating func accept() async throws {
        count += 1
        let submission = submission(
            count, at: now, from: .random(in: 0...2, using: &random), recipients: .random(in: 1...4, using: &random),
            priority: random.pick(Priority.allCases), via: random.happens(0.2) ? path() : nil,
            isHeld: random.happens(0.1))
        ids.append(try await log.accept(submission))
        try memory.accept(submission)
    }

    private mutating func claim() async throws {
        let (id, path, now) = (id(), path(), now)
        try await same { try await $0.claim(id, path: path, at: now) }
    }

    private mutating func verdict() -> (Settlement, AttemptRecord) {
        let refusal = Refusal(scope: .message, cause: .unavailable, status: 451, text: "not now")
        let cases: [(Settlement, Outcome)] = [
            (.sent(keepBody: false), .accepted(Receipt(status: 202))),
            (.failed(because: nil), .rejected(refusal)),
            (.failed(because: "over"), .deferred(refusal, retryAfter: nil)),
            (.retry(at: later(), spent: true), .deferred(refusal, retryAfter: nil)),
            (.retry(at: later(), spent: false, because: "a pause"), .deferred(refusal, retryAfter: .seconds(9))),
            (.retry(at: later(), spent: true), .unknown(refusal)), (.unknown, .unknown(refusal)),
            (.moved(to: path(), at: later()), .rejected(refusal)),
        ]
        let (settlement, outcome) = random.pick(cases)
        let cost = AttemptRecord.Cost(recipients: 2, bytes: 5)
        return (
            settlement,
            AttemptRecord(
                startedDate: now, duration: random.duration(0...3000), path: path(), outcome: outcome,
                cost: random.happens(0.8) ? cost : nil, fellBack: random.happens(0.2))
        )
    }

    private mutating func settle() async throws {
        let (id, now) = (claimed() ?? id(), now)
        let (settlement, attempt) = verdict()
        let record = random.happens(0.1) && settlement.isPossibleUntried ? nil : attempt
        try await sameEffect { try await $0.settle(id, settlement, attempt: record, at: now, reporter: nil) }
    }

    private func claimed() -> QueueID? { ids.last { memory.row($0)?.status == .inProgress } }

    private mutating func settleParts() async throws {
        guard let id = claimed(), let people = memory.row(id)?.recipients else { return }
        let cut = Int.random(in: 0...people.count, using: &random)
        let parts = [people.prefix(cut), people.dropFirst(cut)].map { group in
            let (settlement, attempt) = verdict()
            return SettledPart(recipients: Array(group), settlement: settlement, attempt: attempt)
        }
        let now = now
        if let made = try await same({ try await $0.settle(id, parts: parts, at: now, reporter: nil) }) {
            ids += made.dropFirst()
        }
    }

    private mutating func putBack() async throws {
        let (ids, due, path) = ([claimed() ?? id()], later(), pin())
        let reason = random.pick([nil, "wait"])
        try await sameEffect { try await $0.putBack(ids, due: due, fallingBackTo: path, because: reason) }
    }

    private mutating func postpone() async throws {
        let (lane, queue, until) = (lane(), queue(), later())
        try await same { try await $0.postpone(lane, queue, until: until, because: "paused", limit: 3) }
    }

    private mutating func expire() async throws {
        let (lane, queue, now) = (lane(), queue(), now)
        let deadline = now - random.duration(0...200_000)
        try await same {
            try await $0.expire(
                lane, queue, waitingSince: deadline, because: "old", at: now, limit: 2, reporter: nil)
        }
    }

    private mutating func newPause() -> LanePause {
        LanePause(
            route: "r", mailbox: random.happens(0.3) ? nil : lane().mailbox, path: path(), since: now, until: later(),
            cause: .throttled, reason: "429")
    }

    private mutating func pause() async throws {
        let pause = newPause()
        try await sameEffect { try await $0.pause(pause) }
        try await same { try await $0.pauses() }
    }

    private mutating func endPause() async throws {
        let (pause, now, isEnded) = (newPause(), now, random.happens(0.5))
        try await sameEffect { isEnded ? try await $0.end(pause, at: now) : try await $0.resume(pause.key) }
        try await same { try await $0.pauses() }
    }

    /// An operator's verbs answer with a report there, and with an error here.
    private mutating func operate() async throws {
        let (id, now) = (id(), now)
        let selection = Selection.ids([id])
        switch Int.random(in: 0..<4, using: &random) {
        case 0:
            _ = try await log.hold(selection)
            try? memory.hold(id)
        case 1:
            _ = try await log.release(selection, at: now)
            try? memory.release(id, at: now)
        case 2 where random.happens(0.3):
            _ = try await log.cancel(selection)
            try? memory.cancel(id)
        default:
            _ = try await log.resend([id], at: now)
            try? memory.resend(id, at: now)
        }
        try await expectSame(log, memory, [id.rawValue])
    }

    private mutating func compareWaiting() async throws {
        let (lane, priority, moment) = (lane(), random.pick(Priority.allCases), later())
        try await same { try await $0.due(in: lane, LaneSection.all(of: priority), at: moment, limit: 3) }
        try await same { try await $0.nextDue(in: lane, after: moment) }
        try await same { try await $0.lanesWithWork().map { "\($0.lane.mailbox) \($0.next)" } }
        let since = now - .seconds(60)
        try await same { store in
            try await store.attempts(since: since, route: nil).map {
                "\($0.finishedDate) \($0.id) \($0.path) \($0.cost)"
            }
            .sorted()
        }
    }

    func compareRows() async throws { try await expectSame(log, memory, ids.map(\.rawValue)) }

    /// Asks both, and expects one answer, be it an error.
    @discardableResult
    private func same<Answer: Equatable>(_ ask: (any DeliveryStore) async throws -> Answer) async throws -> Answer? {
        let (real, simulated) = (await Self.answer(log, ask), await Self.answer(memory, ask))
        #expect(real == simulated)
        return try? real.get()
    }

    private func sameEffect(_ ask: (any DeliveryStore) async throws -> Void) async throws {
        try await same { store in
            try await ask(store)
            return true
        }
    }

    private static func answer<Answer>(
        _ store: any DeliveryStore, _ ask: (any DeliveryStore) async throws -> Answer
    ) async -> Result<Answer, EmailLogError> {
        do {
            return .success(try await ask(store))
        } catch {
            return .failure(error as? EmailLogError ?? .other("\(error)"))
        }
    }
}

extension Settlement {
    /// A settlement that an attempt need not lead to.
    fileprivate var isPossibleUntried: Bool {
        switch self {
        case .failed, .retry: true
        case .sent, .moved, .unknown: false
        }
    }
}

private let start = Timestamp(milliseconds: 1_795_262_400_000)

private func submission(
    _ number: Int, at now: Timestamp, from mailbox: Int = 0, recipients: Int = 1, priority: Priority = .normal,
    via: Path? = nil, isHeld: Bool = false
) -> Submission {
    Submission(
        queueID: QueueID(rawValue: "m\(number)"), createdDate: now,
        envelopes: [Envelope(sender: nil, recipients: (0..<recipients).map(Scenario.recipient))], route: "r",
        mailbox: Scenario.mailbox(mailbox), priority: priority, via: via, start: isHeld ? .held : .queued,
        body: .bytes([1, 2, 3, 4, 5]))
}

private func expectSame(_ log: EmailLog, _ memory: MemoryStore, _ ids: [String]) async throws {
    for id in ids.map({ QueueID(rawValue: $0) }) {
        guard let real = try await log.row(id), let row = memory.row(id) else {
            #expect(memory.row(id) == nil)
            continue
        }
        #expect(real.status == row.status && real.nextAttemptDate == row.due, "\(id)")
        #expect(real.via == row.via && real.path == row.path && real.fellBack == row.fellBack, "\(id)")
        #expect(real.attempts == row.attempts.count && real.errorText == row.errorText, "\(id)")
        #expect(real.recipients == row.recipients.map(\.description) && real.hasBody == row.hasBody, "\(id)")
    }
}
