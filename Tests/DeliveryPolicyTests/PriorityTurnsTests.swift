import MailModel
import Testing

@testable import DeliveryPolicy

/// Who goes first inside a lane, and that nobody waits for ever: whatever is scarce.
@Suite struct PriorityTurnsTests {
    enum Scarce: Sendable, CaseIterable {
        /// Attempts are under way all the time, and a place is free for one row at a time.
        case places
        /// A token comes back now and then, and is used at once.
        case messages
        case both
    }

    private static func limits(_ scarce: Scarce) -> LaneLimits {
        var limits = LaneLimits()
        limits.concurrency = scarce == .messages ? 4 : 3
        limits.messages = scarce == .places ? Rate(100_000, per: .seconds(60)) : Rate(30, per: .seconds(60))
        limits.recipients = Rate(10_000_000, per: .seconds(86_400))
        return limits
    }

    /// A backlog of these priorities that never ends, for so many starts.
    private static func starts(_ count: Int, of priorities: [Priority], _ scarce: Scarce, seed: UInt64) -> [Priority] {
        var random = SplitMix64(seed: seed)
        var lane = Lane(limits(scarce))
        var (number, now, starts) = (0, Instant.start, [Priority]())
        var flights: [QueueID] = []
        func refill() {
            for priority in priorities where lane.window.count(LaneSection(priority, .free)) < 2 {
                number += 1
                let fits = lane.enqueue(row(number, priority))
                #expect(fits)
            }
        }
        while starts.count < count {
            refill()
            while let turn = lane.startNext(at: now, through: [.graph], outlook(routeLimits())) {
                starts.append(turn.row.priority)
                flights.append(turn.row.id)
                refill()
            }
            now = now + .milliseconds(Int.random(in: 1...900, using: &random))
            guard let index = flights.indices.randomElement(using: &random) else { continue }
            lane.finished(flights.remove(at: index), .healthy, reachedFarSide: true, at: now, using: &random)
        }
        return starts
    }

    static let mixes: [[Priority]] = [
        [.high, .normal, .bulk], [.high, .normal], [.high, .bulk], [.normal, .bulk], [.bulk],
    ]

    /// Each has one of any 22 turns in a row, and the most urgent has at least twenty of them.
    @Test(arguments: Scarce.allCases, mixes) func eachHasItsTurn(_ scarce: Scarce, _ priorities: [Priority]) {
        for seed in 1...5 as ClosedRange<UInt64> {
            let starts = Self.starts(200, of: priorities, scarce, seed: seed)
            for start in 0...(starts.count - 22) {
                let turns = starts[start..<start + 22]
                for priority in priorities {
                    #expect(turns.contains(priority), "\(priority) from \(start), seed \(seed)")
                }
                #expect(turns.count { $0 == priorities[0] } >= 20 - 1)
            }
        }
    }

    @Test func theUrgentGoFirstAndAmongEqualsTheLongestDue() {
        var lane = Lane(LaneLimits())
        let rows = [row(1, .bulk), row(2, due: 1), row(3, .high, due: 2), row(4, .high, due: 1)]
        lane.add(rows)
        var order: [QueueID] = []
        while let turn = lane.startNext(at: 5, through: [.graph], outlook(routeLimits())) { order.append(turn.row.id) }
        #expect(order == [id(4), id(3), id(2)], "one place is not for bulk")
    }

    /// A turn that is overdue may use the last of a short window and the last place, but not of a quota.
    @Test func noTurnUsesUpAQuota() {
        var limits = Self.limits(.places)
        limits.recipients = Rate(100, per: .seconds(86_400))
        var lane = Lane(limits)
        var random = SplitMix64(seed: 3)
        var starts: [Priority] = []
        lane.add((0..<400).map { row($0, Priority.allCases[$0 % 3]) })
        while let turn = lane.startNext(at: 0, through: [.graph], outlook(routeLimits())) {
            starts.append(turn.row.priority)
            lane.finished(turn.row.id, .healthy, reachedFarSide: true, at: 0, using: &random)
        }
        #expect(starts.count == 100)
        #expect(starts.lastIndex(of: .bulk) ?? 99 < 90 && starts.lastIndex(of: .normal) ?? 99 < 98)
        #expect(starts.suffix(2) == [.high, .high])
    }
}

extension Lane {
    fileprivate mutating func add(_ rows: [Waiting]) {
        for row in rows {
            let fits = enqueue(row)
            #expect(fits)
        }
    }
}
