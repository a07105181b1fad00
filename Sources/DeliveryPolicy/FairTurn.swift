/// Sees to it that a steady stream of urgent work does not keep the rest waiting for ever: after twenty turns that passed
/// over something less urgent, one turn goes to what was passed over. The urgent thereby loses at most a twentieth.
struct FairTurn: Sendable {
    private static let patience = 20
    private var passedOver = 0

    var isDue: Bool { passedOver >= Self.patience }

    /// - Parameters:
    ///   - overtaking: whether this was the turn of something passed over.
    ///   - passing: whether something less urgent that could have gone stays behind.
    mutating func taken(overtaking: Bool, passing: Bool) { passedOver = passing && !overtaking ? passedOver + 1 : 0 }
}
