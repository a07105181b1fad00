import DequeModule
import MailModel

/// The rows a lane holds in memory, each priority and queue by itself in the order of its turns: whatever one row
/// waits for, those it does not concern are found without looking past it.
struct LaneWindow: Sendable {
    /// By the index of their section.
    private var queues = [Deque<Waiting>](repeating: [], count: LaneSection.allCases.count)

    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    var all: [Waiting] { queues.flatMap { Array($0) } }

    /// The first of each priority and queue, in the order of turns.
    var heads: [Waiting] {
        guard count > 0 else { return [] }
        let heads = queues.compactMap { $0.first }
        return heads.count > 1 ? heads.sorted() : heads
    }

    func count(_ section: LaneSection) -> Int { queues[section.index].count }

    mutating func insert(_ row: Waiting) {
        let place = row.section.index
        queues[place].insert(row, at: Self.index(of: row, in: queues[place]))
        count += 1
    }

    mutating func remove(_ row: Waiting) {
        let place = row.section.index
        let index = Self.index(of: row, in: queues[place])
        guard index < queues[place].count, queues[place][index] == row else { return }
        queues[place].remove(at: index)
        count -= 1
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
