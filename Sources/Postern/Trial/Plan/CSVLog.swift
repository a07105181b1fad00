package import DeliveryPolicy
import MailModel

/// A CSV file with a line for each message: `time,sender,recipients,size`. Recipients are a number, or the addresses
/// themselves; where those of the headers are there, too, it can be told which messages Graph cannot express.
package struct CSVLog: MailLogReader {
    private var columns: CSVColumns?
    private var messages: [LoggedMessage] = []
    private var line = 0
    private var isFirstOfFile = true
    package private(set) var unreadable: [UnreadableLine] = []
    package private(set) var hasZone = true

    init() {}

    package mutating func nextFile() { isFirstOfFile = true }

    package mutating func read(_ text: Substring) {
        line += 1
        guard !text.isEmpty else { return }
        if isFirstOfFile {
            isFirstOfFile = false
            if let named = CSVColumns(header: text) {
                columns = named
                return
            }
        }
        guard let columns, let message = message(CSVRow.cells(of: text, columns.separator), columns) else {
            return unreadable.append(UnreadableLine(line, text))
        }
        messages.append(message)
    }

    package mutating func finish() -> [LoggedMessage] { messages }

    private mutating func message(_ cells: [String], _ columns: CSVColumns) -> LoggedMessage? {
        func cell(_ column: Int?) -> String { column.flatMap { $0 < cells.count ? cells[$0] : nil } ?? "" }
        guard let time = time(cell(columns.date)), columns.sender < cells.count else { return nil }
        let named = Self.addresses(cell(columns.recipients))
        guard let count = Int(cell(columns.recipients)) ?? (named.isEmpty ? nil : named.count), count >= 0 else {
            return nil
        }
        if !time.hasZone { hasZone = false }
        let sender = Self.addresses(cell(columns.sender)).first ?? cell(columns.sender).lowercased()
        let inHeaders = Self.addresses(cell(columns.headerRecipients))
        let isKnown = columns.headerRecipients != nil && !named.isEmpty
        return LoggedMessage(
            date: time.moment, sender: sender == "<>" ? "" : sender, recipients: count, size: Int64(cell(columns.size)),
            isUnrepresentable: isKnown ? !Set(inHeaders).isSubset(of: named) : nil)
    }

    /// Seconds since 1970, or a date and time; a zone may stand apart.
    private func time(_ text: String) -> LogTime? {
        if let seconds = Int64(text), seconds > 0 {
            return LogTime(iso: "\(Timestamp(secondsSince1970: seconds))Z")
        }
        let words = text.split(separator: " ")
        guard words.count == 3 else { return LogTime(iso: text) }
        return LogTime(iso: "\(words[0])T\(words[1])\(words[2])")
    }

    /// In lower case, without angle brackets.
    private static func addresses(_ text: String) -> [String] {
        text.split { ",; |<>\t".contains($0) }.filter { $0.contains("@") }.map { $0.lowercased() }
    }
}
