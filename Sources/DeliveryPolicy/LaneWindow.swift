import DequeModule
import MailModel

/// The rows a lane holds in memory, each priority and each pin by itself in the order of its turns: whatever one row
/// waits for, those it does not concern are found without looking past it.
struct LaneWindow: Sendable {
    /// None, Graph, SMTP.
    private static let pins = 3

    private var queues = [Deque<Waiting>](repeating: [], count: Priority.allCases.count * pins)

    var isEmpty: Bool { queues.allSatisfy(\.isEmpty) }

    var count: Int { queues.reduce(0) { $0 + $1.count } }

    var all: [Waiting] { queues.flatMap { Array($0) } }

    /// The first of each priority and pin, in the order of turns.
    var heads: [Waiting] { queues.compactMap(\.first).sorted() }

    func count(_ priority: Priority, via pin: Path?) -> Int { queues[Self.place(priority, pin)].count }

    mutating func insert(_ row: Waiting) {
        let place = Self.place(row.priority, row.via)
        queues[place].insert(row, at: Self.index(of: row, in: queues[place]))
    }

    mutating func remove(_ row: Waiting) {
        let place = Self.place(row.priority, row.via)
        let index = Self.index(of: row, in: queues[place])
        guard index < queues[place].count, queues[place][index] == row else { return }
        queues[place].remove(at: index)
    }

    private static func place(_ priority: Priority, _ pin: Path?) -> Int {
        let offset =
            switch pin {
            case nil: 0
            case .graph: 1
            case .smtp: 2
            }
        return priority.rank * pins + offset
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
