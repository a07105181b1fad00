import HeapModule
import MailModel

/// Which mailbox is to be looked at when; each has one moment at most. Setting and finding cost O(log n).
struct WakeQueue: Sendable {
    private struct Entry: Comparable, Sendable {
        let at: Instant
        let serial: UInt64
        let mailbox: Address

        static func < (left: Entry, right: Entry) -> Bool { (left.at, left.serial) < (right.at, right.serial) }
    }

    private struct Current: Sendable {
        let at: Instant
        let serial: UInt64
    }

    /// Entries that are no longer current stay until they come to the top or outnumber the others.
    private var heap: Heap<Entry> = []
    private var current: [Address: Current] = [:]
    private var serial: UInt64 = 0

    var isEmpty: Bool { current.isEmpty }

    /// `nil` takes the mailbox out.
    mutating func set(_ mailbox: Address, to moment: Instant?) {
        guard current[mailbox]?.at != moment else { return }
        guard let moment else {
            current[mailbox] = nil
            return tidy()
        }
        serial += 1
        current[mailbox] = Current(at: moment, serial: serial)
        heap.insert(Entry(at: moment, serial: serial, mailbox: mailbox))
        tidy()
    }

    var earliest: Instant? { heap.min?.at }

    mutating func popDue(at now: Instant) -> Address? {
        guard let top = heap.min, top.at <= now else { return nil }
        heap.removeMin()
        current[top.mailbox] = nil
        tidy()
        return top.mailbox
    }

    /// Leaves a current entry on top.
    private mutating func tidy() {
        if heap.count > 2 * current.count + 64 { heap = Heap(heap.unordered.filter(isCurrent)) }
        while let top = heap.min, !isCurrent(top) { heap.removeMin() }
    }

    private func isCurrent(_ entry: Entry) -> Bool { current[entry.mailbox]?.serial == entry.serial }
}
