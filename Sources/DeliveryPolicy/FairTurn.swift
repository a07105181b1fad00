import MailModel

/// Sees to it that a steady stream of urgent work does not keep the rest waiting for ever: after twenty turns in a row that
/// passed over a priority one turn is its own. So each priority that could go has one of every 22 turns at least, and what is
/// most urgent keeps nine tenths of them.
struct FairTurn: Sendable {
    private static let patience = 20
    /// By `Priority.rank`.
    private var passedOver = [Int](repeating: 0, count: Priority.allCases.count)

    /// Of several that are due the most urgent goes first; the others stay due.
    func isDue(_ priority: Priority) -> Bool { passedOver[priority.rank] >= Self.patience }

    /// - Parameter contending: all who could have had the turn.
    mutating func taken(_ priority: Priority, contending: some Sequence<Priority>) {
        for other in Priority.allCases {
            let isPassedOver = other != priority && contending.contains(other)
            passedOver[other.rank] = isPassedOver ? passedOver[other.rank] + 1 : 0
        }
    }
}
