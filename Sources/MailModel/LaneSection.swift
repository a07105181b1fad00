/// What of a lane's mail stands in one order: the mail of one priority in one queue.
package struct LaneSection: Hashable, Sendable, CaseIterable {
    package let priority: Priority
    package let queue: LaneQueue

    package init(_ priority: Priority, _ queue: LaneQueue) {
        self.priority = priority
        self.queue = queue
    }

    /// The more urgent first.
    package static let allCases = Priority.allCases.flatMap { all(of: $0) }

    /// Its place among `allCases`.
    package var index: Int { priority.rank * LaneQueue.allCases.count + queue.rank }

    package static func all(of priority: Priority) -> [LaneSection] {
        LaneQueue.allCases.map { LaneSection(priority, $0) }
    }
}
