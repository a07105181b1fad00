import DeliveryPolicy
import Foundation
import MailModel
import SMTPProtocol
import Testing

@testable import EmailLog
@testable import Postern

/// Who is told of which failure, and how: the manager over a real store and a scripted path.
@Suite(.timeLimit(.minutes(5))) struct BounceTests {
    private static let routes = """
        routes:
          - name: contoso
            senders: ["*@contoso.com"]
            graph: {tenant: t, client_id: c, client_secret: s}
        """

    private static func writer(_ bounce: String = "{mode: sender}") throws -> BounceWriter {
        try #require(BounceWriter(try configuration(routes + "\nbounce: \(bounce)")))
    }

    private static let unknown = Refusal(
        scope: .message, cause: .rejected, status: 550, code: "5.1.10", text: "Recipient not found")

    private func bench(
        _ bounce: String = "{mode: sender}", giveUpAfter: Duration = .seconds(172_800), path: ScriptedPath
    ) async throws -> DeliveryBench {
        try await DeliveryBench(
            routes: [DeliveryBench.route(path, giveUpAfter: giveUpAfter)], bounces: try Self.writer(bounce), path: path)
    }

    /// Everything is refused that is not a bounce.
    private static func refusing(_ refusal: Refusal = unknown) -> ScriptedPath {
        ScriptedPath { $0.envelope.sender == nil ? acceptance : .rejected(refusal) }
    }

    private func bounces(_ bench: DeliveryBench) async throws -> [LogRow] {
        try await bench.log.rows(LogFilter()).filter { $0.client == BounceWriter.client }
    }

    private func text(_ row: LogRow, _ bench: DeliveryBench) async throws -> String {
        let body = try await bench.log.body(of: row.id)
        return String(decoding: try body.read(at: 0, upTo: body.size), as: UTF8.self)
    }

    @Test func aRefusalIsToldToTheSender() async throws {
        let bench = try await bench(path: Self.refusing())
        try await bench.accept("q1", recipients: 2)
        await bench.turn()
        let row = try #require(try await bounces(bench).first)
        #expect(row.sender == "" && row.recipients == ["ann@contoso.com"] && row.route == "contoso")
        #expect(row.mailbox == "ann@contoso.com" && row.headerFrom == "Mail Delivery System <ann@contoso.com>")
        #expect(row.subject == "Undelivered Mail Returned to Sender" && row.priority == .normal)
        #expect(row.messageID == "<\(row.id)@relay.test>")
        let text = try await text(row, bench)
        #expect(text.contains("From: Mail Delivery System <ann@contoso.com>\r\nTo: ann@contoso.com\r\n"))
        #expect(text.contains("Reporting-MTA: dns; relay.test\r\nX-Postern-Id: q1\r\n"))
        #expect(text.count(of: "Status: 5.1.10\r\nDiagnostic-Code: smtp;") == 0, "it went by Graph")
        #expect(text.count(of: "Status: 5.1.10\r\nDiagnostic-Code: x-graph; 550 5.1.10 Recipient not found\r\n") == 2)
        #expect(text.contains("\r\n\r\nSubject: x\r\n") && !text.contains("Hello"))
    }

    /// The loop is rung: nothing else would look into another lane at once.
    @Test func itIsSentWithoutAnotherWord() async throws {
        let path = Self.refusing()
        let bench = try await bench(path: path)
        try await bench.accept("q1")
        #expect(await bench.turns().count == 2)
        #expect(try await bounces(bench).map(\.status) == [.sent])
        #expect(path.attempted.count == 2)
    }

    @Test func aBounceIsNeverBounced() async throws {
        let bench = try await bench(path: ScriptedPath { _ in .rejected(Self.unknown) })
        try await bench.accept("q1")
        #expect(await bench.turns().count == 2)
        #expect(try await bounces(bench).map(\.status) == [.failed])
    }

    /// One that a forwarder has given a sender of its own.
    @Test(arguments: [
        "Auto-Submitted: auto-replied", "Content-Type: multipart/report; boundary=x",
    ]) func noReportAnswersAReport(_ header: String) async throws {
        let bench = try await bench(path: Self.refusing())
        try await bench.accept("q1", body: .bytes(mail(header, "", "Hello")))
        #expect(await bench.turns() == ["q1"])
        #expect(try await bench.status("q1") == .failed)
        #expect(try await bounces(bench).isEmpty)
    }

    @Test func offMeansNone() async throws {
        #expect(BounceWriter(try configuration(Self.routes)) == nil)
        #expect(BounceWriter(try configuration(Self.routes + "\nbounce: {mode: off, from: a@contoso.com}")) == nil)
        let bench = try await DeliveryBench(path: Self.refusing())
        try await bench.accept("q1")
        #expect(await bench.turns() == ["q1"])
        #expect(try await bounces(bench).isEmpty)
    }

    @Test func aReloadTurnsThemOnAndOff() async throws {
        let path = Self.refusing()
        let bench = try await DeliveryBench(path: path)
        await bench.manager.reload(
            [DeliveryBench.route(path)], keepsSentBodies: false, bounces: try Self.writer())
        try await bench.accept("q1")
        await bench.turns()
        #expect(try await bounces(bench).count == 1)
        await bench.manager.reload([DeliveryBench.route(path)], keepsSentBodies: false, bounces: nil)
        try await bench.accept("q2")
        await bench.turns()
        #expect(try await bounces(bench).count == 1)
    }

    // MARK: Every way to F

    @Test(
        "Pitfall 15: what is given up is told to its sender",
        arguments: [
            (refusal(.message, .unavailable, status: 409, "try later"), "4.4.7", "409 Given up after 1s"),
            (
                Refusal(scope: .message, cause: .unavailable, status: 450, code: "4.2.0", text: "busy"), "4.2.0",
                "450 4.2.0 Given up after 1s"
            ),
        ])
    func whatIsGivenUpIsTold(_ answer: Refusal, _ status: String, _ words: String) async throws {
        let bench = try await bench(
            giveUpAfter: .seconds(1), path: ScriptedPath { _ in .deferred(answer, retryAfter: nil) })
        try await bench.accept("q1")
        bench.clock.advance(.seconds(2))
        await bench.turn()
        #expect(try await bench.status("q1") == .failed)
        let text = try await text(try #require(try await bounces(bench).first), bench)
        #expect(text.contains("Status: \(status)\r\nDiagnostic-Code: x-graph; \(words)"))
        #expect(text.contains("It has given up trying"))
    }

    /// No attempt is made that could find out.
    @Test func whatExpiresInAPausedLaneIsTold() async throws {
        let bench = try await bench(
            giveUpAfter: .seconds(60),
            path: ScriptedPath { _ in
                .deferred(refusal(.mailbox, .misconfigured, status: 403, "denied"), retryAfter: nil)
            })
        try await bench.accept("q1")
        await bench.turns()
        bench.clock.advance(.seconds(61))
        try await bench.accept("q2")
        await bench.turns()
        #expect(try await bench.status("q1") == .failed)
        let row = try #require(try await bounces(bench).first)
        #expect(try await text(row, bench).contains("X-Postern-Id: q1\r\n"))
        #expect(try await bounces(bench).count == 1)
    }

    @Test func whatNoPathCouldCarryIsTold() async throws {
        let path = ScriptedPath()
        let bench = try await DeliveryBench(
            routes: [DeliveryBench.route(path) { $0.lane.recipients = Rate(3, per: .seconds(86400)) }],
            bounces: try Self.writer(), path: path)
        try await bench.accept("q1", recipients: 4)
        await bench.turns()
        #expect(try await bench.status("q1") == .failed)
        let text = try await text(try #require(try await bounces(bench).first), bench)
        #expect(text.contains("Status: 5.0.0\r\n") && !text.contains("Diagnostic-Code"))
        #expect(text.contains("The gateway's reason is:") && text.count(of: "Final-Recipient:") == 4)
    }

    @Test func eachPartThatFailsIsTold() async throws {
        let path = ScriptedPath(whole: { message, delivery in
            guard message.envelope.recipients.count == 3 else { return delivery }
            let outcomes: [Outcome] = [acceptance, .rejected(Self.unknown), .rejected(refusal(.recipient, .rejected))]
            return Delivery(
                zip(message.envelope.recipients, outcomes).map { .init(recipients: [$0], outcome: $1) },
                cost: .init(recipients: 3, bytes: 1))
        })
        let bench = try await bench(path: path)
        try await bench.accept("q1", recipients: 3)
        await bench.turn()
        var told: [String] = []
        for row in try await bounces(bench) {
            told += try await text(row, bench).components(separatedBy: "\r\n").filter {
                $0.hasPrefix("Final-Recipient")
            }
        }
        #expect(
            told.sorted() == ["Final-Recipient: rfc822; r2@example.org", "Final-Recipient: rfc822; r3@example.org"])
    }

    // MARK: Who they are from

    @Test func fromDecidesTheWay() async throws {
        let bench = try await bench("{mode: sender, from: bounces@contoso.com}", path: Self.refusing())
        try await bench.accept("q1")
        await bench.turn()
        let row = try #require(try await bounces(bench).first)
        #expect(row.mailbox == "bounces@contoso.com")
        #expect(try await text(row, bench).hasPrefix("From: Mail Delivery System <bounces@contoso.com>\r\n"))
    }

    /// As after a reload that took the route of `from` away; at the start such a file is refused.
    @Test func withoutARouteTheFailureStands() async throws {
        var settings = try configuration(Self.routes)
        settings.bounce = .init(mode: .sender, from: address("post@elsewhere.test"))
        let path = Self.refusing()
        let recorder = LogRecorder()
        let bench = try await DeliveryBench(
            routes: [DeliveryBench.route(path)], bounces: BounceWriter(settings), logger: recorder.logger, path: path)
        try await bench.accept("q1")
        await bench.turns()
        #expect(try await bench.status("q1") == .failed)
        #expect(try await bounces(bench).isEmpty)
        #expect(recorder.sentences.contains("no route takes mail from `bounce.from`"))
    }

    @Test(arguments: [Path.graph, .smtp]) func theAnswerIsOfThePathThatGaveIt(_ path: Path) throws {
        let failed = FailedMessage(
            id: QueueID(rawValue: "q1"), reportID: QueueID(rawValue: "b1"), sender: ann, recipients: [bob],
            route: "contoso", mailbox: ann,
            createdDate: noon, path: path, errorStatus: 550, errorCode: "5.7.60", errorText: "no", isGivenUp: false,
            head: [])
        let writer = try Self.writer()
        let submission = try #require(writer.submission(for: failed, at: after(1)))
        guard case .bytes(let bytes) = submission.body else { return }
        let type = path == .smtp ? "smtp" : "x-graph"
        #expect(String(decoding: bytes, as: UTF8.self).contains("Diagnostic-Code: \(type); 550 5.7.60 no\r\n"))
        #expect(!submission.wantsReport && submission.queueID == QueueID(rawValue: "b1"))
        #expect(submission.envelopes == [Envelope(sender: nil, recipients: [ann])])
    }
}
