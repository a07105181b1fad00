import MailModel

extension LaneQueue {
    /// Which queue a row of `email_log` waits in, as an expression; the indexes of what waits have it word for word, so that
    /// each queue has its own beginning there.
    static let column = column(of: "")

    /// - Parameter alias: of the table, with its dot.
    static func column(of alias: String) -> String {
        "COALESCE(\(alias)via, CASE \(alias)trial WHEN 'trial' THEN 'trial' ELSE 'free' END)"
    }

    /// A row for each, as a table of the column `name`.
    static let table = "(" + allCases.map { "SELECT '\($0.rawValue)' AS name" }.joined(separator: " UNION ALL ") + ")"
}
