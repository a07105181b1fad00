import MailModel

/// The waiting rows of one lane by priority and queue, each in the order they become due.
final class WaitingIndex {
    private var queues = [[MemoryRow]](
        repeating: [], count: Priority.allCases.count * LaneQueue.allCases.count)

    var isEmpty: Bool { queues.allSatisfy(\.isEmpty) }

    func rows(_ priority: Priority, _ queue: LaneQueue) -> [MemoryRow] { queues[Self.place(priority, queue)] }

    /// The most urgent first.
    func rows(_ queue: LaneQueue) -> [MemoryRow] { Priority.allCases.flatMap { rows($0, queue) } }

    /// Due behind `moment`, but not behind `latest`: of each priority and queue at most `limit`.
    func putOff(_ chosen: [LaneQueue], beyond moment: Timestamp, until latest: Timestamp, limit: Int) -> [MemoryRow] {
        chosen.flatMap { queue in Priority.allCases.map { rows($0, queue) } }.flatMap { queue in
            queue[Self.end(of: queue, at: moment)..<Self.end(of: queue, at: max(moment, latest))].prefix(limit)
        }
    }

    /// Due at `moment` at the latest, at most `limit`.
    func due(_ priority: Priority, _ queue: LaneQueue, at moment: Timestamp, limit: Int) -> ArraySlice<MemoryRow> {
        let queue = rows(priority, queue)
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
        let place = Self.place(row.priority, row.queue)
        queues[place].insert(row, at: Self.index(of: row, in: queues[place]))
    }

    func remove(_ row: MemoryRow) {
        let place = Self.place(row.priority, row.queue)
        queues[place].remove(at: Self.index(of: row, in: queues[place]))
    }

    private static func place(_ priority: Priority, _ queue: LaneQueue) -> Int {
        priority.rank * LaneQueue.allCases.count + (LaneQueue.allCases.firstIndex(of: queue) ?? 0)
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
