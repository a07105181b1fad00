import Foundation
import GRDB
import MailModel
import NIOConcurrencyHelpers
import Testing

@testable import EmailLog

/// The report of a failure stands and falls with it.
@Suite struct FailureReportTests {
    /// What a reporter was asked and told.
    private final class Recorder: Sendable {
        let asked = NIOLockedValueBox<[FailedMessage]>([])
        let told = NIOLockedValueBox<[FailureReport]>([])

        var failed: [FailedMessage] { asked.withLockedValue { $0 } }
        var reports: [FailureReport] { told.withLockedValue { $0 } }

        /// - Parameter id: of every report; `nil`: the store's.
        func reporter(id: String? = nil, refuses: Bool = false) -> FailureReporter {
            FailureReporter { failed in
                self.asked.withLockedValue { $0.append(failed) }
                if refuses { return nil }
                return Submission(
                    queueID: id.map { QueueID(rawValue: $0) }, createdDate: after(9),
                    envelopes: [Envelope(sender: nil, recipients: [failed.sender])], route: "contoso",
                    mailbox: address("post@contoso.com"), subject: "report of \(failed.id)", client: "bounce",
                    wantsReport: false, body: .bytes(Array("Report\r\n".utf8)))
            } accepted: { report in
                self.told.withLockedValue { $0.append(report) }
            }
        }
    }

    private func inProgress(_ log: EmailLog, _ submission: Submission) async throws -> QueueID {
        let id = try await log.accept(submission)
        _ = try await log.claim(id, path: .graph, at: noon)
        return id
    }

    private func bounces(_ log: EmailLog) async throws -> [LogRow] {
        try await log.rows(LogFilter()).filter { $0.client == "bounce" }.sorted { $0.id.rawValue < $1.id.rawValue }
    }

    // MARK: Together

    @Test func aFailureComesWithItsReport() async throws {
        let directory = try TemporaryDirectory()
        let (log, recorder) = (try directory.service(), Recorder())
        let id = try await inProgress(log, submission("0001"))
        let commits = log.commits
        try await log.settle(
            id, .failed(because: nil), attempt: attempt(rejected), at: after(2), reporter: recorder.reporter())
        #expect(log.commits == commits + 1)
        let report = try #require(try await bounces(log).first)
        #expect(report.status == .queued && report.sender == "" && report.recipients == ["reports@contoso.com"])
        #expect(
            recorder.reports == [
                FailureReport(
                    id: report.id, failed: id, lane: LaneKey(route: "contoso", mailbox: address("post@contoso.com")),
                    priority: .normal)
            ])
        #expect(try await log.status(id) == .failed)
        #expect(try await log.body(of: report.id).inline == Array("Report\r\n".utf8))
    }

    @Test func itIsAskedWithAllThatIsKnown() async throws {
        let directory = try TemporaryDirectory()
        let (log, recorder) = (try directory.service(), Recorder())
        let id = try await inProgress(log, submission("0001", to: [["a@x.com", "b@x.com"]]))
        try await log.settle(
            id, .failed(because: nil), attempt: attempt(rejected), at: after(2), reporter: recorder.reporter())
        let report = try #require(try await bounces(log).first)
        #expect(
            recorder.failed == [
                FailedMessage(
                    id: id, reportID: report.id, sender: reports,
                    recipients: [address("a@x.com"), address("b@x.com")], route: "contoso", mailbox: reports,
                    createdDate: noon, subject: "Weekly figures", messageID: "<1@contoso.com>",
                    lastAttemptDate: after(1) + .milliseconds(250), path: .graph, errorStatus: 400,
                    errorCode: "ErrorInvalidRecipients", errorText: "no such recipient", isGivenUp: false,
                    head: Array("Hello\r\n".utf8))
            ])
    }

    @Test func withoutAnAttemptAndGivenUp() async throws {
        let directory = try TemporaryDirectory()
        let (log, recorder) = (try directory.service(), Recorder())
        let id = try await inProgress(log, submission("0001"))
        try await log.settle(
            id, .failed(because: "no token for 2d", isGivenUp: true), attempt: nil, at: after(2),
            reporter: recorder.reporter())
        let failed = try #require(recorder.failed.first)
        #expect(failed.isGivenUp && failed.lastAttemptDate == nil && failed.path == nil && failed.errorStatus == nil)
        #expect(failed.errorText == "no token for 2d")
    }

    @Test(arguments: [10, FailureReporter.headLength, EmailLog.largestInlineBody + 7])
    func theBeginningOfEveryBodyIsGiven(_ size: Int) async throws {
        let directory = try TemporaryDirectory()
        let (log, recorder) = (try directory.service(), Recorder())
        let bytes = (0..<size).map { UInt8($0 % 251) }
        for isSpooled in [false, true] {
            let writer = try await log.makeSpoolWriter()
            try await writer.append(bytes)
            let body: Submission.Body = isSpooled ? .spooled(try await writer.finish()) : .bytes(bytes)
            let id = try await inProgress(log, submission(body: body))
            try await log.settle(
                id, .failed(because: nil), attempt: attempt(rejected), at: after(2), reporter: recorder.reporter())
            #expect(recorder.failed.last?.head == Array(bytes.prefix(FailureReporter.headLength)))
        }
    }

    @Test func aBodyThatIsGoneDoesNotStopTheReport() async throws {
        let directory = try TemporaryDirectory()
        let (log, recorder) = (try directory.service(), Recorder())
        let writer = try await log.makeSpoolWriter()
        try await writer.append([1, 2, 3])
        let id = try await inProgress(log, submission(body: .spooled(try await writer.finish())))
        for name in directory.spoolNames { try FileManager.default.removeItem(atPath: log.spool.path(of: name)) }
        try await log.settle(
            id, .failed(because: "gone"), attempt: nil, at: after(2), reporter: recorder.reporter())
        #expect(recorder.failed.first?.head == [] && recorder.reports.count == 1)
    }

    @Test func eachFailedPartHasItsOwn() async throws {
        let directory = try TemporaryDirectory()
        let (log, recorder) = (try directory.service(), Recorder())
        let id = try await inProgress(log, submission("0001", to: [["a@x.com", "b@x.com", "c@x.com"]]))
        let parts =
            [("a@x.com", Settlement.sent(keepBody: false), accepted), ("b@x.com", .failed(because: nil), rejected)]
            + [("c@x.com", .failed(because: "given up", isGivenUp: true), throttled)]
        _ = try await log.settle(
            id,
            parts: parts.map { SettledPart(recipients: [address($0.0)], settlement: $0.1, attempt: attempt($0.2)) },
            at: after(2), reporter: recorder.reporter())
        #expect(recorder.failed.map(\.recipients) == [[address("b@x.com")], [address("c@x.com")]])
        #expect(recorder.failed.map(\.isGivenUp) == [false, true])
        #expect(recorder.reports.map(\.failed.rawValue) == ["0001-2", "0001-3"])
        #expect(try await bounces(log).count == 2)
    }

    @Test func whatExpiresIsReported() async throws {
        let directory = try TemporaryDirectory()
        let (log, recorder) = (try directory.service(), Recorder())
        for id in ["0001", "0002"] { _ = try await log.accept(submission(id)) }
        let expired = try await log.expire(
            lane, .free, waitingSince: after(1), because: "Given up", at: after(100), limit: 10,
            reporter: recorder.reporter())
        #expect(expired.map(\.rawValue) == ["0001", "0002"])
        #expect(recorder.failed.map(\.isGivenUp) == [true, true] && recorder.failed[0].errorText == "Given up")
        #expect(recorder.reports.map(\.failed) == expired)
    }

    // MARK: None

    static let others: [(Settlement, Outcome)] = [
        (.sent(keepBody: true), accepted), (.retry(at: after(9), spent: true), throttled), (.unknown, lost),
    ]

    @Test(arguments: others) func nothingElseIsReported(_ settlement: Settlement, _ outcome: Outcome) async throws {
        let directory = try TemporaryDirectory()
        let (log, recorder) = (try directory.service(), Recorder())
        let id = try await inProgress(log, submission("0001"))
        try await log.settle(id, settlement, attempt: attempt(outcome), at: after(2), reporter: recorder.reporter())
        #expect(recorder.failed.isEmpty)
    }

    @Test func notTheNullSenderAndNotWhoeverWantsNone() async throws {
        let directory = try TemporaryDirectory()
        let (log, recorder) = (try directory.service(), Recorder())
        var bounce = submission("0001")
        bounce.envelopes = [Envelope(sender: nil, recipients: [reports])]
        var unwanted = submission("0002")
        unwanted.wantsReport = false
        for message in [bounce, unwanted] {
            let id = try await inProgress(log, message)
            try await log.settle(
                id, .failed(because: nil), attempt: attempt(rejected), at: after(2), reporter: recorder.reporter())
            #expect(try await log.status(id) == .failed)
        }
        #expect(recorder.failed.isEmpty && recorder.reports.isEmpty)
    }

    @Test func aFailureStandsWithoutAReport() async throws {
        let directory = try TemporaryDirectory()
        let (log, recorder) = (try directory.service(), Recorder())
        let id = try await inProgress(log, submission("0001"))
        try await log.settle(
            id, .failed(because: nil), attempt: attempt(rejected), at: after(2),
            reporter: recorder.reporter(refuses: true))
        #expect(try await log.status(id) == .failed)
        #expect(recorder.failed.count == 1 && recorder.reports.isEmpty)
    }

    /// Also where it fails again, and where it falls into parts after that.
    @Test func aRowIsReportedOnce() async throws {
        let directory = try TemporaryDirectory()
        let (log, recorder) = (try directory.service(), Recorder())
        let id = try await inProgress(log, submission("0001", to: [["a@x.com", "b@x.com"]]))
        let failed = Settlement.failed(because: nil)
        try await log.settle(id, failed, attempt: attempt(rejected), at: after(2), reporter: recorder.reporter())
        _ = try await log.resend([id], at: after(3))
        _ = try await log.claim(id, path: .graph, at: after(4))
        try await log.settle(id, failed, attempt: attempt(rejected), at: after(5), reporter: recorder.reporter())
        _ = try await log.resend([id], at: after(6))
        _ = try await log.claim(id, path: .graph, at: after(7))
        _ = try await log.settle(
            id,
            parts: ["a@x.com", "b@x.com"].map {
                SettledPart(recipients: [address($0)], settlement: failed, attempt: attempt(rejected))
            }, at: after(8), reporter: recorder.reporter())
        #expect(recorder.reports.count == 1)
        #expect(try await bounces(log).count == 1)
    }

    /// A sent one that is repeated is a row of its own; the wish for no report goes with it.
    @Test(arguments: [true, false]) func aRepetitionIsAsItsOriginal(_ wantsReport: Bool) async throws {
        let directory = try TemporaryDirectory()
        let (log, recorder) = (try directory.service(), Recorder())
        var message = submission("0001")
        message.wantsReport = wantsReport
        let id = try await inProgress(log, message)
        try await log.settle(id, .sent(keepBody: true), attempt: attempt(accepted), at: after(2))
        let copy = try #require(try await log.resend([id], again: true, at: after(3)).repeated[id])
        _ = try await log.claim(copy, path: .graph, at: after(4))
        try await log.settle(
            copy, .failed(because: nil), attempt: attempt(rejected), at: after(5), reporter: recorder.reporter())
        #expect(recorder.reports.map(\.failed) == (wantsReport ? [copy] : []))
    }

    // MARK: Both or none

    @Test func aReportThatCannotBeWrittenUndoesTheFailure() async throws {
        let directory = try TemporaryDirectory()
        let (log, recorder) = (try directory.service(), Recorder())
        _ = try await log.accept(submission("taken"))
        let id = try await inProgress(log, submission("0001"))
        await #expect(throws: EmailLogError.duplicateID(QueueID(rawValue: "taken"))) {
            try await log.settle(
                id, .failed(because: nil), attempt: attempt(rejected), at: after(2),
                reporter: recorder.reporter(id: "taken"))
        }
        #expect(try await log.status(id) == .inProgress && recorder.reports.isEmpty)
        #expect(try await log.attempts(of: id).isEmpty)
        let bodies = try directory.outside { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM email_body") }
        #expect(bodies == 2, "nothing of it stays")
    }

    @Test func aFailureThatCannotBeWrittenHasNoReport() async throws {
        let directory = try TemporaryDirectory()
        let (log, recorder) = (try directory.service(), Recorder())
        let id = try await log.make(.sent)
        await #expect(throws: EmailLogError.wrongStatus(id, .sent)) {
            try await log.settle(
                id, .failed(because: nil), attempt: attempt(rejected), at: after(2), reporter: recorder.reporter())
        }
        #expect(recorder.failed.isEmpty)
        #expect(try await bounces(log).isEmpty)
    }

    /// What a process that starts after a crash finds, while the report is being written.
    @Test func aCrashBeforeTheCommitLeavesNeither() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let id = try await inProgress(log, submission("0001"))
        let images = NIOLockedValueBox<[TemporaryDirectory]>([])
        let reporter = FailureReporter { failed in
            if let image = try? directory.crashImage() { images.withLockedValue { $0.append(image) } }
            return nil
        } accepted: { _ in
        }
        try await log.settle(id, .failed(because: nil), attempt: attempt(rejected), at: after(2), reporter: reporter)
        let image = try #require(images.withLockedValue { $0.first })
        let found = try image.service()
        #expect(try await found.status(id) == .inProgress)
        #expect(try await found.rows(LogFilter()).count == 1)
        try await found.close()
    }

    /// And after each of many failures.
    @Test func everyCrashImageHoldsBothOrNeither() async throws {
        let directory = try TemporaryDirectory()
        let (log, recorder) = (try directory.service(), Recorder())
        var ids: [QueueID] = []
        for number in 10..<30 { ids.append(try await inProgress(log, submission("\(number)"))) }
        for (number, id) in ids.enumerated() {
            try await log.settle(
                id, .failed(because: nil), attempt: attempt(rejected), at: after(2), reporter: recorder.reporter())
            guard number % 5 == 4 else { continue }
            let image = try directory.crashImage()
            let found = try image.service()
            let rows = try await found.rows(LogFilter(limit: 1000))
            let failed = rows.filter { $0.status == .failed }.map(\.id.rawValue).sorted()
            let reported = rows.filter { $0.client == "bounce" }.compactMap(\.subject).sorted()
            #expect(failed == ids.prefix(number + 1).map(\.rawValue))
            #expect(reported == failed.map { "report of \($0)" })
            try await found.close()
        }
    }
}
