import EmailLog
import MIME
import MailModel
import Testing

@testable import Postern

@Suite struct HeaderReaderTests {
    private func body(header octets: Int, ends: Bool) async throws -> MessageBody {
        let line = "X-Filler: " + String(repeating: "x", count: 60) + "\r\n"
        let header = String(repeating: line, count: octets / line.utf8.count + 1)
        return try await OutgoingMessageTests.spooled(Array((header + (ends ? "\r\nHello\r\n" : "")).utf8))
    }

    @Test(arguments: [200_000, 900_000]) func aLongHeaderIsReadWhole(_ octets: Int) async throws {
        let body = try await body(header: octets, ends: true)
        let block = try HeaderReader.header(of: body)
        #expect(block.isComplete && block.bodyOffset == body.size - 7)
        #expect(HeaderReader.refusal(of: block, in: body) == nil)
    }

    /// A message may be a header and nothing else.
    @Test func aHeaderMayEndWithTheMessage() async throws {
        let body = try await body(header: 300_000, ends: false)
        #expect(HeaderReader.refusal(of: try HeaderReader.header(of: body), in: body) == nil)
    }

    @Test func oneWithoutEndIsNotReadToTheEnd() async throws {
        let body = try await body(header: 5_000_000, ends: true)
        let block = try HeaderReader.header(of: body)
        #expect(!block.isComplete && block.bodyOffset <= HeaderReader.largest)
        let refusal = try #require(HeaderReader.refusal(of: block, in: body))
        #expect(refusal.scope == .message && refusal.text.contains("does not end"))
    }
}
