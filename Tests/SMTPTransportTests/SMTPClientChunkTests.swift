import MailModel
import NIOCore
import SMTPProtocol
import Testing

@testable import SMTPTransport

/// Content by BDAT (RFC 3030).
extension SMTPClientTests {
    /// More of them than may be on their way at once, and larger in all than what a write takes.
    @Test func chunksInPieces() async throws {
        let handler = RecordingHandler()
        let settings = makeSettings { $0.session.capabilities.append(.chunking) }
        let line = String(repeating: "x", count: 98) + "\r\n"
        let pieces = (0..<40).map { _ in String(repeating: line, count: 400) + "." }
        try await withServer(handler, settings) { server in
            var client = try await SMTPClient.connect(options(server), on: group)
            for number in 1...2 {
                let report = try await client.deliver(
                    Self.envelope("b@b.test"), MessageTraits(size: 1), content: Pieces(pieces, failing: false))
                #expect(report.conclusion == .accepted(Reply(250, .init(2, 0, 0), "Ok: queued")), "\(number)")
            }
            await client.quit()
        }
        #expect(handler.messages.map(\.content) == [pieces.joined() + "\r\n", pieces.joined() + "\r\n"])
    }

    @Test func chunksBeyondTheLimitLeaveTheConnectionOpen() async throws {
        let handler = RecordingHandler()
        let settings = makeSettings {
            $0.session.capabilities.append(.chunking)
            $0.session.maxMessageSize = 100_000
        }
        try await withServer(handler, settings) { server in
            var client = try await SMTPClient.connect(options(server), on: group)
            let large = Pieces(Array(repeating: String(repeating: "x", count: 70_000), count: 30), failing: false)
            let report = try await client.deliver(Self.envelope("b@b.test"), MessageTraits(size: 1), content: large)
            guard case .refused(.message, let reply) = report.conclusion else { return flunk("\(report.conclusion)") }
            #expect(reply.status == .init(5, 3, 4))
            let after = try await client.deliver(Self.envelope("b@b.test"), Array("x\r\n".utf8))
            guard case .accepted = after.conclusion else { return flunk("\(after.conclusion)") }
            await client.quit()
        }
        #expect(handler.messages.map(\.content) == ["x\r\n"])
    }
}
