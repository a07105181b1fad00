import MailModel

/// What the store is to be asked for next: for which sections of which lanes it may hold more than is in memory, and when
/// rows fall due that did not stand there when it was last asked. So the store is asked only where the answer can be new.
struct StoreAgenda {
    /// What the store may hold more of.
    private var hungry: [LaneKey: LaneSections] = [:]
    /// Lanes that have become hungrier, or have more room, since they were last filled.
    private(set) var stirred: Set<LaneKey> = []
    /// When the next row of a lane falls due that has not been looked for.
    private var dates: [LaneKey: Timestamp] = [:]
    /// Lanes of which that date is not known, because it has passed.
    private(set) var undated: Set<LaneKey> = []
    private(set) var earliest: Timestamp?

    /// Something is new in these sections of the store.
    mutating func crave(_ lane: LaneKey, _ sections: LaneSections) {
        hungry[lane, default: []].formUnion(sections)
        stirred.insert(lane)
    }

    /// Rows have left the lane's window, or the store has others to show than when it was asked.
    mutating func stir(_ lane: LaneKey) {
        if hungry[lane] != nil { stirred.insert(lane) }
    }

    func sections(of lane: LaneKey) -> LaneSections { hungry[lane] ?? [] }

    /// All that is due there has been looked at.
    mutating func satisfy(_ lane: LaneKey, _ sections: LaneSections) {
        let left = self.sections(of: lane).subtracting(sections)
        hungry[lane] = left.isEmpty ? nil : left
    }

    /// There is nothing to be done until something stirs the lane again.
    mutating func settle(_ lane: LaneKey) { stirred.remove(lane) }

    /// Nobody delivers for that lane, or not for now.
    mutating func forget(_ lane: LaneKey) {
        hungry[lane] = nil
        stirred.remove(lane)
    }

    // MARK: Dates

    /// Of several moments the earliest counts.
    mutating func wake(_ lane: LaneKey, at moment: Timestamp) {
        dates[lane] = min(moment, dates[lane] ?? moment)
        earliest = min(moment, earliest ?? moment)
    }

    /// Lanes whose date has come are hungry, and have to be asked for the next date.
    mutating func pass(_ now: Timestamp) {
        guard let earliest, earliest <= now else { return }
        for (lane, date) in dates where date <= now {
            dates[lane] = nil
            undated.insert(lane)
            crave(lane, .all)
        }
        self.earliest = dates.values.min()
    }

    /// The lane's next date, if there is one, has been found.
    mutating func dated(_ lane: LaneKey) { undated.remove(lane) }

    /// The clock by which the dates were reckoned has been set by that much.
    mutating func shiftDates(by step: Duration) {
        dates = dates.mapValues { $0 + step }
        earliest = earliest.map { $0 + step }
    }
}
