import GRDB
package import MailModel

/// Which rows of the log someone wants to see; what is `nil` or empty does not restrict. Newest first.
package struct LogFilter: Sendable {
    package var statuses: Set<Status>
    /// By `sent_date`: since inclusive, until exclusive.
    package var since: Timestamp?
    package var until: Timestamp?
    /// Parts of the envelope sender or the header From; of a recipient; without case.
    package var from: String?
    package var to: String?
    package var route: String?
    package var mailbox: String?
    /// That it went by, or was tried by last.
    package var path: Path?
    package var trial: String?
    /// A part of the id, the subject, an address, the message id, the request id or the error.
    package var search: String?
    package var limit: Int

    package init(
        statuses: Set<Status> = [], since: Timestamp? = nil, until: Timestamp? = nil, from: String? = nil,
        to: String? = nil, route: String? = nil, mailbox: String? = nil, path: Path? = nil, trial: String? = nil,
        search: String? = nil, limit: Int = 100
    ) {
        self.statuses = statuses
        self.since = since
        self.until = until
        self.from = from
        self.to = to
        self.route = route
        self.mailbox = mailbox
        self.path = path
        self.trial = trial
        self.search = search
        self.limit = limit
    }
}

extension LogFilter {
    /// The conditions joined by AND, and their arguments.
    var condition: (sql: String, arguments: StatementArguments) {
        var terms: [String] = []
        var arguments: [String?] = []
        func add(_ term: String, _ values: [String]) {
            terms.append(term)
            arguments += values
        }
        if !statuses.isEmpty { add(statusTerm, []) }
        if let since { add("sent_date >= ?", [since.description]) }
        if let until { add("sent_date < ?", [until.description]) }
        if let route { add("route = ?", [route]) }
        if let mailbox { add("mailbox = ? COLLATE NOCASE", [mailbox]) }
        if let path { add("path = ?", [path.rawValue]) }
        if let trial { add("trial = ?", [trial]) }
        if let from { add(Self.anyLike(["sender", "header_from"]), Self.repeated(from, 2)) }
        if let to { add(Self.anyLike(["recipients"]), Self.repeated(to, 1)) }
        if let search { add(Self.anyLike(Self.searched), Self.repeated(search, Self.searched.count)) }
        return (terms.isEmpty ? "TRUE" : terms.joined(separator: " AND "), StatementArguments(arguments))
    }

    /// Where there is an index of one status alone, in its words; it is not used for a status that comes as an argument.
    private var statusTerm: String {
        let words = statuses.map { "'\($0.rawValue)'" }.sorted().joined(separator: ", ")
        switch statuses {
        case [.failed]: return "status = 'F'"
        case [.inProgress], [.held], [.unknown]: return "status = \(words) AND status IN ('P', 'H', 'U')"
        default: return "status IN (\(words))"
        }
    }

    private static let searched = [
        "id", "subject", "sender", "recipients", "header_from", "message_id", "request_id", "error_code", "error_text",
    ]

    private static func anyLike(_ columns: [String]) -> String {
        "(" + columns.map { "\($0) LIKE ? ESCAPE '\\'" }.joined(separator: " OR ") + ")"
    }

    private static func repeated(_ text: String, _ count: Int) -> [String] {
        let escaped = text.map { "\\%_".contains($0) ? "\\\($0)" : "\($0)" }.joined()
        return Array(repeating: "%\(escaped)%", count: count)
    }
}
