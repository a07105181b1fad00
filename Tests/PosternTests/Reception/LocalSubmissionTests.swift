import EmailLog
import MIME
import MailModel
import NIOConcurrencyHelpers
import Testing

@testable import Postern

/// Mail handed in without a socket meets the same rules.
@Suite struct LocalSubmissionTests {
    private let directory: TemporaryDirectory
    private let log: EmailLog
    private let submission: LocalSubmission

    init() throws {
        directory = try TemporaryDirectory()
        log = try directory.tool()
        submission = LocalSubmission(try configuration(Desk.routes), log: log, clocks: ManualClock().clocks)
    }

    private func envelope(_ recipients: Int = 1) -> Envelope {
        Envelope(sender: Desk.sender, recipients: addresses(recipients))
    }

    @Test func itIsQueuedWithItsOrigin() async throws {
        let bytes = mail("From: ann@contoso.com", "", "Hello")
        let judged = try submission.judge(bytes, envelope(), client: "sendmail")
        try await submission.accept(judged)
        let id = try #require(judged.ids.first)
        let row = try #require(try await log.row(id))
        #expect(row.client == "sendmail" && row.user == nil && row.status == .queued && row.priority == .normal)
        #expect(row.messageID == "<\(id)@relay.test>" && row.size == bytes.count && row.createdDate == noon)
        let claimed = try #require(try await log.claim(id, path: .graph, at: noon))
        #expect(text(claimed.received).hasPrefix("Received: by relay.test with local id \(id);"))
    }

    @Test func itsPartsAreNamedBeforehand() async throws {
        let judged = try submission.judge(mail("From: ann@contoso.com", ""), envelope(5))
        try await submission.accept(judged)
        #expect(judged.lane == LaneKey(route: "contoso", mailbox: Desk.sender))
        #expect(try await log.parts(of: judged.ids[0]).map(\.id) == judged.ids)
        #expect(judged.ids.count == 2 && judged.ids[1] == judged.ids[0].part(2))
    }

    @Test func aCallerMayNameTheOnlyPath() async throws {
        let judged = try submission.judge(mail("From: ann@contoso.com", ""), envelope(), via: .smtp)
        try await submission.accept(judged)
        #expect(try await log.claim(judged.ids[0], path: .smtp, at: noon)?.via == .smtp)
    }

    @Test(arguments: [EmailLog.largestInlineBody, EmailLog.largestInlineBody + 1])
    func largeMailGoesToAFile(_ size: Int) async throws {
        let bytes = mail("From: ann@contoso.com", "") + Array(repeating: 65, count: size - 25)
        #expect(bytes.count == size)
        let judged = try submission.judge(bytes, envelope())
        try await submission.accept(judged)
        #expect(directory.spoolNames.count == (size > EmailLog.largestInlineBody ? 1 : 0))
        #expect(try await log.body(of: judged.ids[0]).read(at: 0, upTo: size) == bytes)
    }

    @Test func whatNoRouteTakesIsRefused() {
        #expect(throws: Refused.self) {
            try submission.judge(mail("From: x@stranger.org", ""), envelope())
        }
    }
}
