import Foundation
import HTTPTransport
import MailModel
import Testing

@testable import EmailLog
@testable import Postern

/// The stream is the base 64 of header and body, whatever their sizes and whatever is asked for at a time.
@Suite struct OutgoingMessageTests {
    private static let piece = 48 * 1024

    private func bytes(_ count: Int, seed: Int = 0) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: ($0 &+ seed) &* 167 &+ $0 >> 9) }
    }

    /// Reads to the end, `size` bytes at a time.
    private func drain(_ message: OutgoingMessage, by size: Int) throws -> [UInt8] {
        let stream = message.base64()
        var result: [UInt8] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 1)
        defer { buffer.deallocate() }
        while case let count = try stream.read(into: buffer), count > 0 { result += buffer[..<count] }
        #expect(try stream.read(into: buffer) == 0, "the end is the end")
        return result
    }

    @Test(arguments: [1, 2, 3, 4, 5, 7, 63, 64, 1000, 16_384, 65_536, 1 << 20])
    func anyBufferGivesTheSameText(_ size: Int) throws {
        let stored = bytes(Self.piece + 100)
        let message = OutgoingMessage(header: bytes(1001, seed: 7), body: MessageBody(bytes: stored), bodyOffset: 33)
        let expected = Base64.encode(message.header + stored[33...])
        #expect(message.size == 1001 + stored.count - 33)
        #expect(String(decoding: try drain(message, by: size), as: UTF8.self) == expected)
    }

    /// A header may end anywhere among the pieces, also so that its last piece alone gives no letter.
    @Test(
        arguments: [1, 2, 3, 4, piece - 1, piece, piece + 1, piece + 2, piece + 3, 2 * piece + 1],
        [0, 1, 2, 3, 100_000])
    func anyHeaderAndBodyMeetWithoutAGap(_ header: Int, _ body: Int) throws {
        let stored = bytes(body + 10)
        let message = OutgoingMessage(header: bytes(header, seed: 3), body: MessageBody(bytes: stored), bodyOffset: 10)
        let sent = try drain(message, by: 10_007)
        #expect(sent.count == Base64.encodedLength(of: message.size))
        #expect(String(decoding: sent, as: UTF8.self) == Base64.encode(message.header + stored[10...]))
    }

    @Test func everyStreamBeginsAnew() throws {
        let message = OutgoingMessage(header: bytes(10), body: MessageBody(bytes: bytes(20)), bodyOffset: 0)
        let first = try drain(message, by: 5)
        #expect(try drain(message, by: 11) == first)
    }

    @Test func aFileIsReadPieceByPiece() async throws {
        let stored = bytes(300_000)
        let message = OutgoingMessage(header: bytes(500), body: try await Self.spooled(stored), bodyOffset: 200)
        #expect(message.body.inline == nil)
        let expected = Base64.encode(message.header + stored[200...])
        #expect(String(decoding: try drain(message, by: 16_384), as: UTF8.self) == expected)
    }

    @Test func aFileThatHasBecomeShorterIsAnError() async throws {
        let directory = try TemporaryDirectory()
        let body = try await Self.spooled(bytes(300_000), in: directory)
        let message = OutgoingMessage(header: bytes(500), body: body, bodyOffset: 0)
        let name = try #require(directory.spoolNames.first)
        #expect(truncate("\(directory.spool)/\(name)", 100_000) == 0)
        #expect(throws: EmailLogError.self) { try drain(message, by: 16_384) }
    }

    /// A body in a file of the store; the directory may go, the file stays open.
    static func spooled(_ bytes: [UInt8], in directory: TemporaryDirectory? = nil) async throws -> MessageBody {
        let directory = try directory ?? TemporaryDirectory()
        let log = try directory.service()
        let writer = try await log.makeSpoolWriter()
        try await writer.append(bytes)
        let id = try await log.accept(waiting("large", body: .spooled(try await writer.finish())))
        return try await log.body(of: id)
    }
}
