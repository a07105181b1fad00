import MailModel
import Testing

@testable import Postern

/// Each state against each thing that can be observed, and some ways through them.
@Suite struct AlertStateTests {
    private typealias Phase = AlertState.Phase

    private static let pace = AlertPace(
        quiet: .seconds(5), patience: .seconds(30), calm: .seconds(600), closesAtZero: true)

    /// Opened at noon with 5, which was told at that moment.
    private static func open(peak: Int = 5, told: Int = 5, at toldAt: Int = 0, calm: Int? = nil) -> Phase {
        .open(.init(openedAt: noon, peak: peak, told: told, toldAt: after(toldAt), calmSince: calm.map(after)))
    }

    private static func gathering(_ peak: Int, grown second: Int) -> Phase {
        .gathering(since: noon, peak: peak, grownAt: after(second))
    }

    private static func closed(peak: Int = 5, calm: Int) -> AlertAction {
        .closed(.init(openedAt: noon, peak: peak, told: 5, toldAt: noon, calmSince: after(calm)))
    }

    /// 5 or more is enough.
    private static func level(_ count: Int) -> AlertLevel { AlertLevel(count: count, isReached: count >= 5) }

    struct Row: Sendable {
        let from: AlertState.Phase
        let count: Int
        let second: Int
        let to: AlertState.Phase
        let action: AlertAction
    }

    static let table: [Row] = [
        // closed
        Row(from: .closed, count: 0, second: 0, to: .closed, action: .none),
        Row(from: .closed, count: 4, second: 0, to: .closed, action: .none),
        Row(from: .closed, count: 5, second: 0, to: gathering(5, grown: 0), action: .none),
        // gathering
        Row(from: gathering(5, grown: 0), count: 9, second: 4, to: gathering(9, grown: 4), action: .none),
        Row(from: gathering(9, grown: 4), count: 9, second: 8, to: gathering(9, grown: 4), action: .none),
        Row(from: gathering(9, grown: 4), count: 9, second: 9, to: open(peak: 9, told: 9, at: 9), action: .opened),
        Row(
            from: gathering(9, grown: 29), count: 99, second: 30, to: open(peak: 99, told: 99, at: 30), action: .opened),
        Row(from: gathering(9, grown: 4), count: 7, second: 5, to: gathering(9, grown: 4), action: .none),
        Row(from: gathering(9, grown: 4), count: 4, second: 5, to: open(peak: 9, told: 9, at: 5), action: .opened),
        Row(from: gathering(9, grown: 4), count: 0, second: 5, to: open(peak: 9, told: 9, at: 5), action: .opened),
        // open, and still true
        Row(from: open(), count: 5, second: 9, to: open(), action: .none),
        Row(from: open(), count: 9, second: 900, to: open(peak: 9), action: .none),
        Row(from: open(), count: 10, second: 299, to: open(peak: 10), action: .none),
        Row(from: open(), count: 10, second: 300, to: open(peak: 10, told: 10, at: 300), action: .updated),
        Row(from: open(peak: 30, told: 20), count: 39, second: 900, to: open(peak: 39, told: 20), action: .none),
        Row(from: open(calm: 9), count: 5, second: 10, to: open(), action: .none),
        // open, and no longer true
        Row(from: open(), count: 4, second: 9, to: open(calm: 9), action: .none),
        Row(from: open(calm: 9), count: 4, second: 608, to: open(calm: 9), action: .none),
        Row(from: open(calm: 9), count: 4, second: 609, to: .closed, action: closed(calm: 9)),
        Row(from: open(calm: 9), count: 0, second: 10, to: .closed, action: closed(calm: 9)),
        Row(from: open(), count: 0, second: 9, to: .closed, action: closed(calm: 9)),
        Row(from: open(peak: 27), count: 0, second: 9, to: .closed, action: closed(peak: 27, calm: 9)),
        // the clock has stepped back
        Row(from: open(calm: 9), count: 4, second: -3600, to: open(calm: 9), action: .none),
        Row(from: gathering(5, grown: 0), count: 5, second: -3600, to: gathering(5, grown: 0), action: .none),
    ]

    @Test(arguments: table) func transition(_ row: Row) {
        var state = AlertState(row.from)
        #expect(state.observe(Self.level(row.count), Self.pace, at: after(row.second)) == row.action)
        #expect(state.phase == row.to)
    }

    @Test func withoutGatheringItOpensAtOnce() {
        var state = AlertState()
        let pace = AlertPace(calm: .zero, closesAtZero: true)
        #expect(state.observe(Self.level(7), pace, at: noon) == .opened)
        #expect(state.episode?.told == 7 && state.episode?.openedAt == noon)
        #expect(state.observe(Self.level(4), pace, at: after(1)) != .none, "without calm it closes at once")
    }

    @Test func whatMustStayCalmDoesNotCloseAtZero() {
        var state = AlertState(Self.open())
        let pace = AlertPace(calm: .seconds(60), closesAtZero: false)
        #expect(state.observe(Self.level(0), pace, at: after(1)) == .none)
        #expect(state.observe(Self.level(5), pace, at: after(30)) == .none)
        #expect(state.observe(Self.level(0), pace, at: after(61)) == .none)
        #expect(state.observe(Self.level(0), pace, at: after(121)) == Self.closed(calm: 61))
    }

    /// A count that dances around its threshold for hours is one opening and one closing.
    @Test func itDoesNotFlap() {
        var state = AlertState()
        var actions: [AlertAction] = []
        for second in stride(from: 0, to: 7200, by: 5) {
            actions.append(state.observe(Self.level(second / 5 % 2 == 0 ? 5 : 4), Self.pace, at: after(second)))
        }
        for second in stride(from: 7200, through: 7800, by: 5) {
            actions.append(state.observe(Self.level(4), Self.pace, at: after(second)))
        }
        #expect(actions.filter { $0 != .none } == [.opened, Self.closedFlapping])
    }

    private static let closedFlapping = AlertAction.closed(
        .init(openedAt: noon, peak: 5, told: 5, toldAt: after(5), calmSince: after(7195)))

    /// The whole of a burst is told with the opening, however it falls upon the looks.
    @Test(arguments: [[5, 13, 27, 27], [27, 27], [5, 6, 7, 8, 27, 27]])
    func theOpeningTellsTheWholeBurst(_ counts: [Int]) {
        var state = AlertState()
        var told: [Int] = []
        for (turn, count) in counts.enumerated() {
            if state.observe(Self.level(count), Self.pace, at: after(5 * turn)) == .opened {
                told.append(state.episode?.told ?? 0)
            }
        }
        #expect(told == [27])
    }
}
