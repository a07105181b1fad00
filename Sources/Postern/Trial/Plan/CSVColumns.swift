/// Which column of a CSV file means what, by the names in its first line.
struct CSVColumns: Hashable, Sendable {
    let separator: Character
    let date: Int
    let sender: Int
    let recipients: Int
    let size: Int?
    let headerRecipients: Int?

    static let form =
        "a first line that names the columns, separated by commas, semicolons or tabs: time, sender, recipients, and where "
        + "known size and header_recipients"

    init?(header line: Substring) {
        let separators: [Character] = [",", ";", "\t"]
        guard let separator = separators.max(by: { one, other in Self.count(one, line) < Self.count(other, line) })
        else { return nil }
        // Some programs begin a file with a byte order mark.
        let text = line.unicodeScalars.first == "\u{FEFF}" ? Substring(line.unicodeScalars.dropFirst()) : line
        let names = CSVRow.cells(of: text, separator).map { $0.lowercased().filter { $0.isLetter } }
        func column(_ spellings: String...) -> Int? { names.firstIndex { spellings.contains($0) } }
        guard let date = column("time", "date", "datetime", "timestamp", "received", "datetimeutc"),
            let sender = column("sender", "from", "senderaddress", "mailfrom"),
            let recipients = column("recipients", "recipient", "to", "recipientcount", "nrcpt", "recipientaddress")
        else { return nil }
        self.separator = separator
        (self.date, self.sender, self.recipients) = (date, sender, recipients)
        size = column("size", "bytes", "octets", "messagesize")
        headerRecipients = column("headerrecipients")
    }

    private static func count(_ separator: Character, _ line: Substring) -> Int { line.count { $0 == separator } }
}

/// The cells of one line (RFC 4180), where no cell goes over several lines.
enum CSVRow {
    static func cells(of line: Substring, _ separator: Character) -> [String] {
        var (cells, cell, isQuoted) = ([String](), "", false)
        var rest = line
        while let character = rest.popFirst() {
            switch character {
            case "\"" where isQuoted && rest.first == "\"": cell.append(rest.removeFirst())
            case "\"": isQuoted.toggle()
            case separator where !isQuoted:
                cells.append(trimmed(cell))
                cell = ""
            default: cell.append(character)
            }
        }
        return cells + [trimmed(cell)]
    }

    private static func trimmed(_ text: String) -> String {
        String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
