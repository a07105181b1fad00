import MailModel

/// The waiting rows of one lane by section, each in the order they become due.
final class WaitingIndex {
    /// By the index of their section.
    private var queues = [[MemoryRow]](repeating: [], count: LaneSection.allCases.count)

    var isEmpty: Bool { queues.allSatisfy(\.isEmpty) }

    func rows(_ section: LaneSection) -> [MemoryRow] { queues[section.index] }

    /// The most urgent first.
    func rows(_ queue: LaneQueue) -> [MemoryRow] { Priority.allCases.flatMap { rows(LaneSection($0, queue)) } }

    /// Due behind `moment`, but not behind `latest`: of each priority and queue at most `limit`.
    func putOff(_ chosen: [LaneQueue], beyond moment: Timestamp, until latest: Timestamp, limit: Int) -> [MemoryRow] {
        chosen.flatMap { queue in Priority.allCases.map { rows(LaneSection($0, queue)) } }.flatMap { queue in
            queue[Self.end(of: queue, at: moment)..<Self.end(of: queue, at: max(moment, latest))].prefix(limit)
        }
    }

    /// Due at `moment` at the latest, at most `limit`.
    func due(_ section: LaneSection, at moment: Timestamp, limit: Int) -> ArraySlice<MemoryRow> {
        let queue = rows(section)
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
        let place = LaneSection(row.priority, row.queue).index
        queues[place].insert(row, at: Self.index(of: row, in: queues[place]))
    }

    func remove(_ row: MemoryRow) {
        let place = LaneSection(row.priority, row.queue).index
        queues[place].remove(at: Self.index(of: row, in: queues[place]))
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
