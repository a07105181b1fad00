import DequeModule
import MailModel

/// The mailboxes that could start a row now, in the order of their turns: those with more urgent rows first, in each
/// priority one start each, round and round. All operations cost O(1), taken together.
struct ReadyRing: Sendable {
    private struct Place: Hashable, Sendable {
        let priority: Priority
        let serial: UInt64
    }

    private struct Entry: Sendable {
        let mailbox: Address
        let serial: UInt64
    }

    private var places: [Address: Place] = [:]
    /// By `Priority.rank`. Entries that have no place any more stay until they come to the front or outnumber the others.
    private var queues = [Deque<Entry>](repeating: [], count: Priority.allCases.count)
    private var serial: UInt64 = 0
    private var fairness = FairTurn()

    var isEmpty: Bool { places.isEmpty }

    /// Behind the others of its priority; one that is there already keeps its place.
    mutating func insert(_ mailbox: Address, _ priority: Priority) {
        guard places[mailbox]?.priority != priority else { return }
        serial += 1
        places[mailbox] = Place(priority: priority, serial: serial)
        queues[priority.rank].append(Entry(mailbox: mailbox, serial: serial))
        for rank in queues.indices where queues[rank].count > 2 * places.count + 64 {
            queues[rank] = queues[rank].filter(isCurrent)
        }
    }

    mutating func remove(_ mailbox: Address) { places[mailbox] = nil }

    mutating func popFirst() -> Address? {
        for rank in queues.indices { dropStale(rank) }
        let ranks = queues.indices.filter { !queues[$0].isEmpty }
        guard let urgent = ranks.first else { return nil }
        let rank = fairness.isDue ? ranks.dropFirst().min { front($0) < front($1) } ?? urgent : urgent
        fairness.taken(overtaking: rank != urgent, passing: ranks.last != rank)
        let entry = queues[rank].removeFirst()
        places[entry.mailbox] = nil
        return entry.mailbox
    }

    private func front(_ rank: Int) -> UInt64 { queues[rank].first?.serial ?? .max }

    private mutating func dropStale(_ rank: Int) {
        while let entry = queues[rank].first, !isCurrent(entry) { queues[rank].removeFirst() }
    }

    private func isCurrent(_ entry: Entry) -> Bool { places[entry.mailbox]?.serial == entry.serial }
}
