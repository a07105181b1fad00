/// Some of a lane's sections.
package struct LaneSections: OptionSet, Hashable, Sendable {
    package private(set) var rawValue: UInt16

    package init(rawValue: UInt16) { self.rawValue = rawValue }

    package init(_ section: LaneSection) { rawValue = 1 << UInt16(section.index) }

    /// Of all queues.
    package init(of priority: Priority) { self = Self.all.filter { $0.priority == priority } }

    package static let all = LaneSections(rawValue: 1 << UInt16(LaneSection.allCases.count) - 1)

    /// The more urgent first.
    package var list: [LaneSection] { LaneSection.allCases.filter { contains(LaneSections($0)) } }

    package func filter(_ isIncluded: (LaneSection) -> Bool) -> LaneSections {
        var filtered = self
        for section in LaneSection.allCases where contains(LaneSections(section)) && !isIncluded(section) {
            filtered.rawValue &= ~LaneSections(section).rawValue
        }
        return filtered
    }
}
