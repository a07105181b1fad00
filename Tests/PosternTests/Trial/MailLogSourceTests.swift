import Foundation
import MailModel
import Testing

@testable import Postern

@Suite struct MailLogSourceTests {
    private final class Place {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("postern-log-\(UUID().uuidString)")

        init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false) }
        deinit { try? FileManager.default.removeItem(at: url) }

        func write(_ text: String, _ name: String) throws -> String { try write(Array(text.utf8), name) }

        func write(_ octets: [UInt8], _ name: String) throws -> String {
            let file = url.appendingPathComponent(name)
            try Data(octets).write(to: file)
            return file.path
        }
    }

    private static func read(_ files: [String], _ format: MailLogFormat? = nil) throws -> MailLogSource.Contents {
        try MailLogSource.read(files, format: format, now: logReference)
    }

    @Test(arguments: [
        (MailLogFormat.postfix, PostfixLogTests.lines, 1), (.exim, EximLogTests.lines, 2),
        (.csv, "time,sender,recipients\r\n1795277823,a@b.c,1\r\n", 1),
    ])
    func theFormatIsSeen(_ format: MailLogFormat, _ text: String, _ count: Int) throws {
        let place = try Place()
        let contents = try Self.read([try place.write(text, "log")])
        #expect(contents.format == format && contents.messages.count == count && contents.unreadable.isEmpty)
        #expect(contents.lines == text.split(whereSeparator: \.isNewline).count)
    }

    /// A message whose lines are in two files, which are given in the wrong order.
    @Test func rotatedFilesAreOneLog() throws {
        let place = try Place()
        let lines = PostfixLogTests.lines.split(separator: "\n")
        let older = try place.write(lines[..<8].joined(separator: "\n"), "mail.log.1")
        let newer = try place.write(lines[7...].joined(separator: "\n") + "\n", "mail.log")
        #expect(try Self.read([newer, older]).messages.count == 1)
    }

    @Test func aLongFileIsReadPieceByPiece() throws {
        let place = try Place()
        let line = "1795277823,reports@contoso.com,1,\(String(repeating: "1", count: 9))\n"
        let text = "time,sender,recipients,size\n" + String(repeating: line, count: 30_000)
        let contents = try Self.read([try place.write(text, "log.csv")])
        #expect(contents.messages.count == 30_000 && contents.lines == 30_001)
    }

    @Test func octetsThatAreNoTextAreNoTrouble() throws {
        let place = try Place()
        let file = try place.write([0xFF, 0xFE, 0x0A] + Array(PostfixLogTests.lines.utf8) + [0x0A, 0xC3, 0x28], "log")
        #expect(try Self.read([file]).messages.count == 1)
    }

    @Test(
        arguments: [([0x1F, 0x8B, 8, 0], "zcat"), ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], "xzcat")] as [([UInt8], String)])
    func whatIsCompressedIsRefusedWithTheCommand(_ octets: [UInt8], _ program: String) throws {
        let place = try Place()
        let file = try place.write(octets, "mail.log.gz")
        #expect(throws: MailLogError.compressed(file: file, program: program)) { try Self.read([file]) }
        #expect(MailLogError.compressed(file: "x.gz", program: program).description.contains("\(program) x.gz |"))
    }

    @Test func whatIsNoLogIsRefused() throws {
        let place = try Place()
        for text in ["", "hello\nworld\n"] {
            let file = try place.write(text, "note.txt")
            #expect(throws: MailLogError.unknownFormat(file: file)) { try Self.read([file]) }
            #expect(try Self.read([file], .postfix).messages.isEmpty)
        }
        let missing = place.url.path + "/none"
        #expect(throws: MailLogError.notReadable(file: missing, reason: "No such file or directory")) {
            try Self.read([missing])
        }
    }

    @Test func logsOfTwoKindsAreNotOne() throws {
        let place = try Place()
        let one = try place.write(PostfixLogTests.lines, "one")
        let two = try place.write(EximLogTests.lines, "two")
        #expect(throws: MailLogError.unknownFormat(file: two)) { try Self.read([one, two]) }
    }
}
