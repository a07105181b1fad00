import MailModel
import Testing

@testable import DeliveryPolicy

@Suite struct TrialAssignmentTests {
    static let percents: [Double] = [0, 0.01, 1, 5, 25, 50, 90, 99.99, 100]

    private static func message(_ id: QueueID) -> TrialCandidate {
        TrialCandidate(id: id, sender: address("reports@contoso.com"), recipients: [address("ann@contoso.com")])
    }

    private static func share(_ percent: Double) -> TrialShare { TrialShare(percent: percent) ?? .none }

    private static func inTrial(_ ids: [QueueID], _ percent: Double) -> Set<QueueID> {
        let assignment = TrialAssignment(share: share(percent))
        return Set(ids.filter { assignment.arm(of: message($0)) == .trial })
    }

    /// As the service makes them: some milliseconds with one message each, some with hundreds.
    private static func ids(_ count: Int, seed: UInt64, every gap: Int) -> [QueueID] {
        var random = SplitMix64(seed: seed)
        var generator = QueueIDGenerator()
        return (0..<count).map { number in
            let moment = Timestamp(milliseconds: 1_790_000_000_000 + Int64(number / 200 * 7 + number * gap))
            return generator.next(at: moment, using: &random)
        }
    }

    /// Within the interval that holds in all but one of about thirty thousand draws.
    private static func isBinomial(_ count: Int, of total: Int, _ percent: Double) -> Bool {
        let share = percent / 100
        let expected = Double(total) * share
        let deviation = (expected * (1 - share)).squareRoot()
        return abs(Double(count) - expected) <= 4.2 * deviation + (deviation > 0 ? 0.5 : 0)
    }

    @Test(arguments: [(1, 0), (2, 40)] as [(UInt64, Int)])
    func aShareOfTenThousandIsWithinItsBinomialInterval(_ seed: UInt64, _ gap: Int) {
        let ids = Self.ids(10_000, seed: seed, every: gap)
        for percent in Self.percents {
            let count = Self.inTrial(ids, percent).count
            #expect(Self.isBinomial(count, of: ids.count, percent), "\(percent) %, every \(gap) ms: \(count)")
        }
    }

    /// Neighbours are no more alike than others: of pairs of messages that follow each other, share² are both in the trial.
    @Test func neighboursAreIndependent() {
        let ids = Self.ids(10_000, seed: 6, every: 0)
        let chosen = Self.inTrial(ids, 20)
        let pairs = zip(ids, ids.dropFirst()).count { chosen.contains($0) && chosen.contains($1) }
        #expect(Self.isBinomial(pairs, of: 9999, 4), "\(pairs)")
    }

    @Test func aLargerShareKeepsAllWhoAreIn() {
        let ids = Self.ids(1000, seed: 7, every: 3)
        var before: Set<QueueID> = []
        for percent in 0...100 {
            let now = Self.inTrial(ids, Double(percent))
            #expect(before.isSubset(of: now), "at \(percent) %")
            before = now
        }
        #expect(before.count == ids.count)
    }

    /// The places are part of what is promised: whoever computes them elsewhere, or later, must find the same arm.
    @Test(arguments: [
        ("0k3v9x2ab00001", 292_496), ("0k3v9x2ab00002", 933_353), ("0k3v9x2abzzzzz", 575_199),
    ])
    func placesNeverChange(_ id: String, _ place: Int) {
        #expect(TrialAssignment.place(of: QueueID(rawValue: id)) == place)
    }

    @Test func partsStandWhereTheirMessageDoes() {
        for id in Self.ids(200, seed: 8, every: 1) {
            let assignment = TrialAssignment(share: Self.share(50))
            let arms = (1...5).map { assignment.arm(of: Self.message(id.part($0))) }
            #expect(Set(arms).count == 1)
        }
    }

    @Test func whomTheFilterLeavesOutIsInNeitherArm() {
        let filter = TrialFilter(priorities: [.bulk])
        let assignment = TrialAssignment(share: .all, filter: filter)
        #expect(assignment.arm(of: Self.message(id(1))) == nil)
        let bulk = TrialCandidate(id: id(1), sender: nil, recipients: [], priority: .bulk)
        #expect(assignment.arm(of: bulk) == .trial)
        #expect(TrialAssignment(share: .none, filter: filter).arm(of: bulk) == .control)
    }
}
