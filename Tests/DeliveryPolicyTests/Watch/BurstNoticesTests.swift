import MailModel
import Testing

@testable import DeliveryPolicy

@Suite struct BurstNoticesTests {
    private func storm(_ count: Int, at moment: Int64, prefix: String = "m") -> [TroubledAttempt] {
        (0..<count).map { failure("\(prefix)\(moment)-\($0)", at: moment, requestID: "\(prefix)\($0)") }
    }

    /// Looks every 30 seconds at what failed in between.
    private func told(_ batches: [[TroubledAttempt]], quiet: Duration = .seconds(300)) -> [[Int]] {
        var notices = BurstNotices(from: noon, quiet: quiet)
        var all: [TroubledAttempt] = []
        return batches.enumerated().map { number, batch in
            all += batch
            let visible = all.filter { $0.finishedDate >= notices.since }
            return notices.look(at: visible, at: noon + .seconds(30 * (number + 1))).map(\.attempts)
        }
    }

    @Test func nothingIsNoNews() { #expect(told([[], storm(2, at: 31_000), []]) == [[], [], []]) }

    @Test func aBurstIsToldOnce() {
        #expect(told([storm(5, at: 1000), [], []]) == [[5], [], []])
    }

    @Test func itGoesOnWithoutAnotherWord() {
        let batches = (0..<8).map { storm(3, at: Int64($0) * 30_000 + 29_000, prefix: "b\($0)") }
        #expect(told(batches) == [[3]] + Array(repeating: [], count: 7))
    }

    /// Three in a window, of which the look sees two first.
    @Test func itIsToldWhenItIsRecognised() {
        let early = storm(2, at: 29_500, prefix: "e")
        #expect(told([early, storm(1, at: 30_500, prefix: "l"), []]) == [[], [3], []])
    }

    @Test func afterQuietItIsANewOne() {
        let batches = [storm(3, at: 1000), [], [], storm(4, at: 100_000, prefix: "n"), []]
        #expect(told(batches, quiet: .seconds(60)) == [[3], [], [], [4], []])
        #expect(told(batches, quiet: .seconds(300)) == [[3], [], [], [], []])
    }

    @Test func quietIsCountedFromTheLastFailure() {
        let batches = [storm(3, at: 1000), storm(1, at: 55_000), storm(1, at: 89_000), storm(3, at: 119_000), []]
        #expect(told(batches, quiet: .seconds(60)) == [[3], [], [], [], []])
    }

    @Test func twoBetweenTwoLooksAreTwo() {
        var notices = BurstNotices(from: noon, quiet: .seconds(5))
        let attempts = storm(3, at: 1000) + storm(4, at: 20_000)
        #expect(notices.look(at: attempts, at: noon + .seconds(30)).map(\.attempts) == [3, 4])
    }

    /// One that was too small to be told of does not silence what follows.
    @Test func whatWasTooSmallIsForgotten() {
        #expect(told([storm(2, at: 1000), storm(3, at: 40_000), []]) == [[], [3], []])
    }

    @Test func eachShapeIsToldOfByItself() {
        var notices = BurstNotices(from: noon)
        let refused = (0..<3).map {
            failure("r\($0)", .init(.rejected, 550, "5.1.1"), at: 500, requestID: "r\($0)")
        }
        let news = notices.look(at: refused + storm(3, at: 1000), at: noon + .seconds(30))
        #expect(news.map(\.kind) == [.refused, .concurrency])
    }

    @Test func looksOverlapAndCountNothingTwice() {
        var notices = BurstNotices(from: noon)
        let attempts = storm(2, at: 29_000)
        #expect(notices.look(at: attempts, at: noon + .seconds(30)).isEmpty)
        #expect(notices.since == noon)
        #expect(notices.look(at: attempts, at: noon + .seconds(60)).isEmpty, "two, seen twice")
        #expect(notices.look(at: [], at: noon + .seconds(120)).isEmpty)
        #expect(notices.since == noon + .seconds(60))
    }

    /// Stored late, but within a minute: the next look still sees it.
    @Test func whatIsStoredLateIsSeen() {
        var notices = BurstNotices(from: noon)
        let attempts = storm(3, at: 29_000)
        #expect(notices.look(at: Array(attempts.prefix(2)), at: noon + .seconds(30)).isEmpty)
        #expect(notices.look(at: attempts, at: noon + .seconds(60)).map(\.attempts) == [3])
    }
}
