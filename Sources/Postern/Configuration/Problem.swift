/// Something wrong in a configuration file: where, what, and what to do.
package struct ConfigurationProblem: Hashable, Sendable, CustomStringConvertible {
    package enum Severity: Hashable, Sendable { case error, warning }

    package var severity: Severity = .error
    package var file: String
    /// Counted from 1; `nil` where the problem is the file itself.
    package var line: Int?
    /// The way to the key, `routes[0].graph.tenant`; empty where the problem is not a key's.
    package var key: String
    package var text: String

    package var description: String {
        let place = line.map { "\(file):\($0)" } ?? file
        return key.isEmpty ? "\(place): \(text)" : "\(place): \(key): \(text)"
    }
}

/// All that is wrong with a configuration, at once.
package struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    package var problems: [ConfigurationProblem]

    package var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// Finds the key that was meant.
enum Spelling {
    /// The nearest candidate within a third of the word's length (at least one slip), `nil` where none is close.
    static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
        let ranked = candidates.map { (word: $0, distance: distance(word.lowercased(), $0.lowercased())) }
        let best = ranked.min { ($0.distance, $0.word) < ($1.distance, $1.word) }
        return best.flatMap { $0.distance <= max(1, word.count / 3) ? $0.word : nil }
    }

    /// Damerau and Levenshtein's: insertions, deletions, substitutions and swaps of neighbours.
    static func distance(_ left: String, _ right: String) -> Int {
        let a = Array(left)
        let b = Array(right)
        var rows = [[Int]](repeating: [Int](repeating: 0, count: b.count + 1), count: a.count + 1)
        for i in 0...a.count { rows[i][0] = i }
        for j in 0...b.count { rows[0][j] = j }
        for i in stride(from: 1, through: a.count, by: 1) {
            for j in stride(from: 1, through: b.count, by: 1) {
                let change = rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
                rows[i][j] = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, change)
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
                    rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
                }
            }
        }
        return rows[a.count][b.count]
    }
}
