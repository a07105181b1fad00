package import DeliveryPolicy
import Foundation
package import MailModel

/// The logs of a call, read as one: a message may begin in one file and end in the next.
package struct MailLogSource {
    package struct Contents: Hashable, Sendable {
        package var format: MailLogFormat
        package var messages: [LoggedMessage]
        package var lines: Int
        package var unreadable: [UnreadableLine]
        package var hasZone: Bool

        package init(
            format: MailLogFormat, messages: [LoggedMessage], lines: Int, unreadable: [UnreadableLine] = [],
            hasZone: Bool = false
        ) {
            self.format = format
            self.messages = messages
            self.lines = lines
            self.unreadable = unreadable
            self.hasZone = hasZone
        }
    }

    /// A file that was looked into.
    private struct Opened {
        let lines: LineReader
        let format: MailLogFormat
        let firstDate: Timestamp?
    }

    /// Lines that may pass before the first that tells the format.
    private static let patience = 10_000

    /// - Parameters:
    ///   - files: paths, in any order; `-` is standard input.
    ///   - format: `nil`: as their first lines tell.
    ///   - now: for times without a year.
    package static func read(_ files: [String], format: MailLogFormat?, now: Timestamp) throws(MailLogError) -> Contents
    {
        var opened: [Opened] = []
        for file in files { opened.append(try open(file, format, now)) }
        guard let format = opened.first?.format else { throw .unknownFormat(file: "-") }
        if let stranger = opened.first(where: { $0.format != format }) {
            throw .unknownFormat(file: stranger.lines.name)
        }
        opened.sort { $0.firstDate ?? now < $1.firstDate ?? now }
        var reader = format.reader(reference: now)
        var count = 0
        for file in opened {
            reader.nextFile()
            while let line = try file.lines.next() {
                reader.read(line)
                count += 1
            }
        }
        return Contents(
            format: format, messages: reader.finish(), lines: count, unreadable: reader.unreadable,
            hasZone: reader.hasZone)
    }

    private static func open(_ file: String, _ given: MailLogFormat?, _ now: Timestamp) throws(MailLogError) -> Opened {
        let lines = try LineReader(file)
        for line in try lines.peek(patience) {
            guard let format = given ?? MailLogFormat(ofLine: line) else { continue }
            if let date = format.date(ofLine: line, reference: now) {
                return Opened(lines: lines, format: format, firstDate: date)
            }
            if format == .csv { return Opened(lines: lines, format: format, firstDate: nil) }
        }
        guard let given else { throw .unknownFormat(file: file) }
        return Opened(lines: lines, format: given, firstDate: nil)
    }
}
