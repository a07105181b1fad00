import HeapModule
import MailModel

/// What is going to happen, and the clock that says when: it stands still until the next thing does.
struct Agenda {
    private struct Entry: Comparable {
        let at: Instant
        let order: UInt64
        let serial: UInt64
        let action: () -> Void

        static func < (left: Entry, right: Entry) -> Bool {
            (left.at, left.order, left.serial) < (right.at, right.order, right.serial)
        }

        static func == (left: Entry, right: Entry) -> Bool { left.serial == right.serial }
    }

    private var heap: Heap<Entry> = []
    private var serial: UInt64 = 0
    private(set) var now = Instant.start

    /// - Parameter order: among what happens at the same moment.
    mutating func add(at moment: Instant, order: UInt64 = 0, _ action: @escaping () -> Void) {
        serial += 1
        heap.insert(Entry(at: max(now, moment), order: order, serial: serial, action: action))
    }

    /// Moves the clock on to the next thing, and takes it off.
    mutating func next() -> (() -> Void)? {
        guard let entry = heap.popMin() else { return nil }
        now = entry.at
        return entry.action
    }

    mutating func clear() { heap = [] }
}
