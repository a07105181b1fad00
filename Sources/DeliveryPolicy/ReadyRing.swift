import HeapModule
import MailModel

/// The mailboxes that could start a row now, in the order of their turns: those with more urgent rows first; in each
/// priority the one with the fewest attempts in flight, of equals the one that has waited longest. So while others could
/// start, none has more of the route's concurrency than they have. All operations cost O(log n), taken together.
struct ReadyRing: Sendable {
    private struct Entry: Comparable, Hashable, Sendable {
        let mailbox: Address
        let priority: Priority
        let load: Int
        /// Since when it stands in this priority.
        let serial: UInt64

        static func < (left: Entry, right: Entry) -> Bool { (left.load, left.serial) < (right.load, right.serial) }
    }

    private var current: [Address: Entry] = [:]
    /// By `Priority.rank`. Entries that are no longer current stay until they come to the top or outnumber the others.
    private var heaps = [Heap<Entry>](repeating: [], count: Priority.allCases.count)
    private var serial: UInt64 = 0
    private var fairness = FairTurn()

    var isEmpty: Bool { current.isEmpty }

    /// One that is there already keeps its place among those with as many attempts in flight.
    mutating func insert(_ mailbox: Address, _ priority: Priority, load: Int) {
        let before = current[mailbox].flatMap { $0.priority == priority ? $0 : nil }
        guard before?.load != load else { return }
        if before == nil { serial += 1 }
        let entry = Entry(mailbox: mailbox, priority: priority, load: load, serial: before?.serial ?? serial)
        current[mailbox] = entry
        heaps[priority.rank].insert(entry)
        for rank in heaps.indices where heaps[rank].count > 2 * current.count + 64 {
            heaps[rank] = Heap(Set(heaps[rank].unordered.filter(isCurrent)))
        }
    }

    mutating func remove(_ mailbox: Address) { current[mailbox] = nil }

    mutating func popFirst() -> Address? {
        for rank in heaps.indices { dropStale(rank) }
        let priorities = Priority.allCases.filter { !heaps[$0.rank].isEmpty }
        let due = priorities.dropFirst().first(where: fairness.isDue)
        guard let priority = due ?? priorities.first, let entry = heaps[priority.rank].popMin() else { return nil }
        fairness.taken(priority, contending: priorities)
        current[entry.mailbox] = nil
        return entry.mailbox
    }

    private mutating func dropStale(_ rank: Int) {
        while let entry = heaps[rank].min, !isCurrent(entry) { heaps[rank].removeMin() }
    }

    private func isCurrent(_ entry: Entry) -> Bool { current[entry.mailbox] == entry }
}
