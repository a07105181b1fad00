import MailModel

/// The waiting rows of one lane by priority and pin, each in the order they become due.
final class WaitingIndex {
    static let pins: [Path?] = [nil, .graph, .smtp]

    private var queues = [[MemoryRow]](repeating: [], count: Priority.allCases.count * 3)

    var isEmpty: Bool { queues.allSatisfy(\.isEmpty) }

    func rows(_ priority: Priority, via pin: Path?) -> [MemoryRow] { queues[Self.place(priority, pin)] }

    /// All that may take that path only, or any: the most urgent first.
    func rows(via pin: Path?) -> [MemoryRow] { Priority.allCases.flatMap { rows($0, via: pin) } }

    /// Due behind `moment`, but not behind `latest`: of each queue at most `limit`.
    func putOff(beyond moment: Timestamp, until latest: Timestamp, limit: Int) -> [MemoryRow] {
        queues.flatMap { queue in
            queue[Self.end(of: queue, at: moment)..<Self.end(of: queue, at: max(moment, latest))].prefix(limit)
        }
    }

    /// Due at `moment` at the latest, at most `limit`.
    func due(_ priority: Priority, via pin: Path?, at moment: Timestamp, limit: Int) -> ArraySlice<MemoryRow> {
        let queue = queues[Self.place(priority, pin)]
        return queue[..<min(limit, Self.end(of: queue, at: moment))]
    }

    var earliest: Timestamp? { queues.compactMap { $0.first?.due }.min() }

    func earliest(after moment: Timestamp) -> Timestamp? {
        queues.compactMap { queue in
            let index = Self.end(of: queue, at: moment)
            return index < queue.count ? queue[index].due : nil
        }.min()
    }

    func insert(_ row: MemoryRow) {
        let place = Self.place(row.priority, row.via)
        queues[place].insert(row, at: Self.index(of: row, in: queues[place]))
    }

    func remove(_ row: MemoryRow) {
        let place = Self.place(row.priority, row.via)
        queues[place].remove(at: Self.index(of: row, in: queues[place]))
    }

    private static func place(_ priority: Priority, _ pin: Path?) -> Int {
        priority.rank * 3 + (pin == nil ? 0 : pin == .graph ? 1 : 2)
    }

    /// How many rows are due at `moment`.
    private static func end(of rows: [MemoryRow], at moment: Timestamp) -> Int {
        partition(rows) { ($0.due ?? moment) <= moment }
    }

    private static func index(of row: MemoryRow, in rows: [MemoryRow]) -> Int {
        let key = (row.due ?? row.createdDate, row.serial)
        return partition(rows) { ($0.due ?? $0.createdDate, $0.serial) < key }
    }

    /// How many of the rows are before the border; by bisection.
    private static func partition(_ rows: [MemoryRow], _ isBefore: (MemoryRow) -> Bool) -> Int {
        var (low, high) = (0, rows.count)
        while low < high {
            let middle = (low + high) / 2
            if isBefore(rows[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
