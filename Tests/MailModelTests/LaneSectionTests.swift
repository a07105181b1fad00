import MailModel
import Testing

@Suite struct LaneSectionTests {
    @Test func eachHasItsPlace() {
        #expect(LaneSection.allCases.map(\.index) == Array(0..<12))
        #expect(Set(LaneSection.allCases).count == Priority.allCases.count * LaneQueue.allCases.count)
    }

    @Test func theMoreUrgentComeFirst() {
        #expect(LaneSection.allCases.map(\.priority.rank) == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2])
    }

    @Test func aSetHoldsEachByItself() {
        for section in LaneSection.allCases {
            #expect(LaneSections(section).list == [section])
            #expect(
                LaneSections.all.subtracting(LaneSections(section)).list
                    == LaneSection.allCases.filter { $0 != section })
        }
        #expect(LaneSections.all.list == LaneSection.allCases)
        #expect(LaneSections.all.filter { $0.queue == .smtp }.list.map(\.queue) == [.smtp, .smtp, .smtp])
        #expect(LaneSections(of: .bulk).filter { $0.priority != .bulk }.isEmpty)
        #expect(LaneSections(of: .normal).list == LaneSection.all(of: .normal))
    }

    @Test(arguments: Priority.allCases) func aPriorityHasAllQueues(_ priority: Priority) {
        let sections = LaneSection.all(of: priority)
        #expect(sections.map(\.queue) == LaneQueue.allCases && sections.allSatisfy { $0.priority == priority })
    }
}
