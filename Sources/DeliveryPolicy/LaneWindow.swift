import DequeModule
import MailModel

/// The rows a lane holds in memory, each priority by itself in the order of its turns.
struct LaneWindow: Sendable {
    private var high: Deque<Waiting> = []
    private var normal: Deque<Waiting> = []
    private var bulk: Deque<Waiting> = []

    var count: Int { high.count + normal.count + bulk.count }

    var all: [Waiting] { Priority.allCases.flatMap { Array(self[$0]) } }

    private(set) subscript(priority: Priority) -> Deque<Waiting> {
        get {
            switch priority {
            case .high: high
            case .normal: normal
            case .bulk: bulk
            }
        }
        _modify {
            switch priority {
            case .high: yield &high
            case .normal: yield &normal
            case .bulk: yield &bulk
            }
        }
    }

    mutating func insert(_ row: Waiting) {
        self[row.priority].insert(row, at: index(of: row))
    }

    mutating func remove(_ row: Waiting) {
        let index = index(of: row)
        guard index < self[row.priority].count, self[row.priority][index] == row else { return }
        self[row.priority].remove(at: index)
    }

    /// Where the row stands, or would: by bisection.
    private func index(of row: Waiting) -> Int {
        let rows = self[row.priority]
        var low = 0
        var high = rows.count
        while low < high {
            let middle = (low + high) / 2
            if rows[middle] < row { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
