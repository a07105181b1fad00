import Foundation
import HTTPTransport
import MailModel
import Testing

@testable import EmailLog
@testable import MIME
@testable import Postern

/// A part read from the store: decoded, from any octet on, and never silently less than it is.
@Suite struct ContentReaderTests {
    private static let octets = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 / 251) }

    /// The octets in base 64 lines, with something before and behind.
    private static func body() -> (MessageBody, DecomposedMessage.Content) {
        let lines = stride(from: 0, to: octets.count, by: 57)
            .map { Base64.encode(octets[$0..<min($0 + 57, octets.count)]) + "\r\n" }.joined()
        let bytes = Array("before".utf8) + Array(lines.utf8) + Array("behind".utf8)
        return (MessageBody(bytes: bytes), .init(range: 6..<bytes.count - 6, encoding: .base64))
    }

    @Test func readsAll() throws {
        let (body, content) = Self.body()
        var reader = ContentReader(content, of: body)
        #expect(try reader.count() == Self.octets.count && reader.position == 0)
        #expect(try reader.readAll() == Self.octets)
        #expect(try reader.read(upTo: 10).isEmpty && reader.position == Self.octets.count)
    }

    @Test(arguments: [0, 1, 56, 57, 58, 100_000, 199_999, 200_000]) func goesOnFromAnywhere(_ start: Int) throws {
        let (body, content) = Self.body()
        var reader = ContentReader(content, of: body)
        try reader.skip(to: start)
        let copy = reader
        for _ in 0..<2 {
            reader = copy
            #expect(try reader.readAll() == Array(Self.octets[start...]))
        }
    }

    @Test func streamsARange() throws {
        let (body, content) = Self.body()
        var reader = ContentReader(content, of: body)
        try reader.skip(to: 1000)
        for _ in 0..<2 { #expect(try Self.drain(reader.stream(70_000)) == Array(Self.octets[1000..<71_000])) }
        #expect(try Self.drain(reader.stream(10_000_000)) == Array(Self.octets[1000...]))
    }

    @Test(arguments: ["QUJD!", "QUJ"]) func saysWhatIsDamaged(_ text: String) {
        let bytes = Array(text.utf8)
        let reader = ContentReader(.init(range: 0..<bytes.count, encoding: .base64), of: MessageBody(bytes: bytes))
        #expect(throws: ContentReader.Failure.self) { try reader.count() }
    }

    @Test func aStoredBodyThatHasBecomeShorterIsAnError() async throws {
        let directory = try TemporaryDirectory()
        let body = try await OutgoingMessageTests.spooled(Self.octets + Self.octets, in: directory)
        let name = try #require(directory.spoolNames.first)
        #expect(truncate("\(directory.spool)/\(name)", 100_000) == 0)
        let reader = ContentReader(.init(range: 0..<400_000, encoding: .identity), of: body)
        #expect(throws: ContentReader.Failure.self) { try reader.count() }
    }

    private static func drain(_ stream: any HTTPBodyStream) throws -> [UInt8] {
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = try buffer.withUnsafeMutableBytes { try stream.read(into: $0) }
            if count == 0 { return all }
            all += buffer[..<count]
        }
    }
}
