package import DeliveryPolicy
package import MailModel

/// The logs that `postern trial plan` reads.
package enum MailLogFormat: String, CaseIterable, Sendable {
    case postfix, exim, csv

    /// The first format that the line is a line of; `nil` for one that tells nothing.
    package init?(ofLine line: Substring) {
        if PostfixLine(line, reference: .distantFuture) != nil {
            self = .postfix
        } else if EximLine(line) != nil {
            self = .exim
        } else if CSVColumns(header: line) != nil {
            self = .csv
        } else {
            return nil
        }
    }

    /// When a line of this format was written, for the order of files; `nil` for CSV, whose order does not matter.
    func date(ofLine line: Substring, reference: Timestamp) -> Timestamp? {
        switch self {
        case .postfix: PostfixLine(line, reference: reference)?.time.moment
        case .exim: EximLine(line)?.time.moment
        case .csv: nil
        }
    }

    /// - Parameter reference: a moment at which the log was written already; times without a year are in the year before it.
    package func reader(reference: Timestamp) -> any MailLogReader {
        switch self {
        case .postfix: PostfixLog(reference: reference)
        case .exim: EximLog()
        case .csv: CSVLog()
        }
    }
}

/// Takes the lines of a log, and says which messages it tells of.
package protocol MailLogReader {
    /// A line without its end. Lines of other programs are passed over.
    mutating func read(_ line: Substring)
    /// Another file begins, the next one in time.
    mutating func nextFile()
    /// All messages so far, in no order. To be called once, at the end.
    mutating func finish() -> [LoggedMessage]
    /// Lines that should have told of a message, and could not be read.
    var unreadable: [UnreadableLine] { get }
    /// All times had their zone, so that they are UTC; else they are as the log writes them.
    var hasZone: Bool { get }
}

package struct UnreadableLine: Hashable, Sendable {
    /// Over all files, from 1.
    package let number: Int
    package let text: String

    init(_ number: Int, _ text: some StringProtocol) {
        self.number = number
        self.text = String(text.prefix(200))
    }
}
