import DequeModule
import MailModel

/// The rows a lane holds in memory, each priority and queue by itself in the order of its turns: whatever one row
/// waits for, those it does not concern are found without looking past it.
struct LaneWindow: Sendable {
    /// By the index of their section.
    private var queues = [Deque<Waiting>](repeating: [], count: LaneSection.allCases.count)

    var isEmpty: Bool { queues.allSatisfy { $0.isEmpty } }

    var count: Int { queues.reduce(0) { $0 + $1.count } }

    var all: [Waiting] { queues.flatMap { Array($0) } }

    /// The first of each priority and queue, in the order of turns.
    var heads: [Waiting] { queues.compactMap { $0.first }.sorted() }

    func count(_ section: LaneSection) -> Int { queues[section.index].count }

    mutating func insert(_ row: Waiting) {
        let place = row.section.index
        queues[place].insert(row, at: Self.index(of: row, in: queues[place]))
    }

    mutating func remove(_ row: Waiting) {
        let place = row.section.index
        let index = Self.index(of: row, in: queues[place])
        guard index < queues[place].count, queues[place][index] == row else { return }
        queues[place].remove(at: index)
    }

    /// Where the row stands, or would: by bisection.
    private static func index(of row: Waiting, in rows: Deque<Waiting>) -> Int {
        var low = 0
        var high = rows.count
        while low < high {
            let middle = (low + high) / 2
            if rows[middle] < row { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
