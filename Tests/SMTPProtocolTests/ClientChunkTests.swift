import MailModel
import SMTPProtocol
import Testing

/// Content as BDAT where the server has CHUNKING (RFC 3030).
@Suite struct ClientChunkTests {
    private func harness(pipelining: Bool = true, chunkSize: Int = 1000) -> ClientHarness {
        var harness = ClientHarness()
        harness.chunkSize = chunkSize
        harness.feed(line: "220 server")
        harness.feed(line: pipelining ? "250-server\r\n250-PIPELINING\r\n250 CHUNKING" : "250-server\r\n250 CHUNKING")
        _ = harness.take()
        return harness
    }

    private static let group = "MAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\nRCPT TO:<c@x.test>\r\n"
    /// The harness's content, as it is: nothing is stuffed.
    private static let whole = "BDAT 20 LAST\r\nSubject: x\r\n\r\n.dot\r\n"

    private func conclusion(_ harness: ClientHarness) -> DeliveryReport.Conclusion? { harness.reports.last?.conclusion }

    @Test func theEnvelopeGoesAtOnceAndTheContentBehindIt() {
        var harness = harness()
        harness.happen("deliver")
        #expect(harness.take() == Self.group, "no DATA, and no content before a recipient is accepted")
        harness.feed(line: "250 ok\r\n250 ok")
        #expect(harness.take().isEmpty)
        harness.feed(line: "550 no")
        #expect(harness.take() == Self.whole)
        harness.feed(line: "250 2.0.0 OK <id@server>")
        #expect(conclusion(harness) == .accepted(Reply(250, .init(2, 0, 0), "OK <id@server>")))
        #expect(harness.reports.last?.recipients.map(\.reply.code) == [250, 550])
        harness.happen("deliver")
        #expect(harness.take() == Self.group, "nothing is left to reset")
    }

    @Test func withoutPipeliningOneByOne() {
        var harness = harness(pipelining: false, chunkSize: 10)
        harness.happen("deliver")
        let steps = [
            "MAIL FROM:<a@x.test>\r\n", "RCPT TO:<b@x.test>\r\n", "RCPT TO:<c@x.test>\r\n",
            "BDAT 10\r\nSubject: x", "BDAT 10 LAST\r\n\r\n\r\n.dot\r\n",
        ]
        for step in steps {
            #expect(harness.take() == step)
            harness.feed(line: "250 ok")
        }
        #expect(conclusion(harness) == .accepted(Reply(250, nil, "ok")))
    }

    static let refusals: [([String], DeliveryReport.Conclusion, String)] = [
        (["550 no", "503 no", "503 no"], .refused(.mail, Reply(550, nil, "no")), ""),
        (["250 ok", "550 no", "450 later"], .refused(.recipients, Reply(550, nil, "no")), "RSET\r\n"),
    ]

    @Test(arguments: refusals, [true, false])
    func nobodyAcceptedNothingSent(
        _ refusal: (replies: [String], conclusion: DeliveryReport.Conclusion, next: String), pipelining: Bool
    ) {
        var harness = harness(pipelining: pipelining)
        harness.happen("deliver")
        for line in refusal.replies where harness.reports.isEmpty { harness.feed(line: line) }
        #expect(!harness.take().contains("BDAT"))
        #expect(conclusion(harness) == refusal.conclusion)
        harness.happen("deliver")
        #expect(harness.take().hasPrefix(refusal.next.isEmpty ? "MAIL" : refusal.next))
    }

    private func transferring(chunkSize: Int, octets: Int) -> ClientHarness {
        var harness = harness(chunkSize: chunkSize)
        harness.content = [UInt8](repeating: 0x61, count: octets)
        harness.happen("deliver")
        _ = harness.take()
        harness.feed(line: "250 ok\r\n250 ok\r\n250 ok")
        return harness
    }

    private func sentChunks(_ harness: inout ClientHarness) -> Int { harness.take().split(separator: "BDAT").count }

    @Test func aFewAreOnTheirWayAtOnce() {
        var harness = transferring(chunkSize: 10, octets: 200)
        #expect(sentChunks(&harness) == 8)
        harness.feed(line: "250 ok\r\n250 ok")
        #expect(sentChunks(&harness) == 2)
        for _ in 0..<10 { harness.feed(line: "250 ok") }
        #expect(sentChunks(&harness) == 10)
        for _ in 0..<7 { harness.feed(line: "250 ok") }
        #expect(harness.reports.isEmpty)
        #expect(harness.session.phase == .endOfData)
        harness.feed(line: "250 done")
        #expect(conclusion(harness) == .accepted(Reply(250, nil, "done")))
    }

    @Test func aRefusedChunkIsTheLast() {
        var harness = transferring(chunkSize: 10, octets: 200)
        _ = harness.take()
        harness.feed(line: "250 ok")
        #expect(sentChunks(&harness) == 1)
        harness.feed(line: "552 5.3.4 Too large")
        for _ in 0..<6 { harness.feed(line: "503 no") }
        #expect(harness.take().isEmpty, "nothing more is sent")
        #expect(harness.reports.isEmpty, "what has left is still to be answered")
        harness.feed(line: "503 no")
        #expect(conclusion(harness) == .refused(.message, Reply(552, .init(5, 3, 4), "Too large")))
        harness.happen("deliver")
        #expect(harness.take().hasPrefix("RSET\r\nMAIL"))
    }

    @Test func aRefusalBeforeTheLastChunksReply() {
        var harness = transferring(chunkSize: 10, octets: 20)
        #expect(harness.take() == "BDAT 10\r\naaaaaaaaaaBDAT 12 LAST\r\naaaaaaaaaa\r\n")
        harness.feed(line: "452 4.3.1 Disk full")
        #expect(harness.reports.isEmpty)
        var contradicting = harness
        harness.feed(line: "503 no")
        #expect(conclusion(harness) == .refused(.message, Reply(452, .init(4, 3, 1), "Disk full")))

        contradicting.feed(line: "250 ok")
        #expect(contradicting.failure == ClientFailure(.endOfData, .unexpectedReply(Reply(250, nil, "ok"))))
        #expect(contradicting.failure?.isOutcomeUnknown == true)
    }

    /// Once it may have left, the last chunk makes the outcome unknown; before, nothing can have been taken.
    @Test(arguments: ["timeout", "closed"])
    func theLastChunkDecides(_ event: String) {
        var early = transferring(chunkSize: 10, octets: 200)
        early.happen(event)
        #expect(early.failure?.phase == .body)
        #expect(early.failure?.isOutcomeUnknown == false)
        var late = transferring(chunkSize: 10, octets: 20)
        late.happen(event)
        #expect(late.failure?.isOutcomeUnknown == true)
    }

    @Test func contentThatCannotBeReadEndsTheSession() {
        var harness = transferring(chunkSize: 10, octets: 200)
        _ = harness.take()
        harness.happen("bodyFailed")
        #expect(harness.failure == ClientFailure(.body, .bodyFailed))
        #expect(harness.take().isEmpty)
        #expect(harness.isClosed)
    }
}
