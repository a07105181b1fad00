/// Rows under headings, each column as wide as it must be; the last one gives way where the terminal is too narrow.
struct Table {
    enum Alignment { case left, right }

    struct Column {
        var heading: String
        var alignment = Alignment.left
    }

    private let columns: [Column]
    private var rows: [[String]] = []

    init(_ columns: [Column]) { self.columns = columns }

    init(_ headings: String...) { columns = headings.map { Column(heading: $0) } }

    var isEmpty: Bool { rows.isEmpty }

    mutating func add(_ cells: [String]) { rows.append(cells.map(Self.printable)) }

    func lines(width: Int = .max) -> [String] {
        let all = [columns.map(\.heading)] + rows
        let widths = columns.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { Self.cut(line($0, widths), to: width) }
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        let padded = zip(cells, zip(widths, columns)).map { Self.pad($0, $1.0, $1.1.alignment) }
        return String(padded.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
    }

    private static func pad(_ text: String, _ width: Int, _ alignment: Alignment) -> String {
        let blanks = String(repeating: " ", count: max(0, width - text.count))
        return alignment == .left ? text + blanks : blanks + text
    }

    static func cut(_ line: String, to width: Int) -> String {
        line.count <= width ? line : line.prefix(max(1, width - 1)) + "…"
    }

    /// Subjects and refusals come from elsewhere: nothing in them may steer the terminal.
    static func printable(_ text: String) -> String {
        String(
            String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
    }
}
