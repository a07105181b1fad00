import MailModel
import Testing

@testable import DeliveryPolicy

/// Among the lanes of a route none takes more than its share of the concurrency while others wait.
@Suite struct FairShareTests {
    private static let boxes = (0..<8).map { address("box\($0)@contoso.com") }

    private struct Flight {
        let row: Waiting
        let mailbox: Address
        let path: Path
    }

    private static func limits(_ concurrency: Int) -> RouteLimits {
        routeLimits {
            $0.concurrency = concurrency
            $0.lane.messages = Rate(100_000, per: .seconds(60))
        }
    }

    /// Lanes come and go, and some mailboxes answer much more slowly than others.
    @Test(arguments: [(2, 1), (4, 2), (7, 3), (12, 4), (20, 5)] as [(Int, UInt64)])
    func noneHasMoreThanOneThatWaits(_ concurrency: Int, _ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var route = RouteLanes(Self.limits(concurrency))
        var flights: [Flight] = []
        var (now, number) = (Instant.start, 0)
        for _ in 0..<1500 {
            now = now + .milliseconds(10)
            if Int.random(in: 0..<3, using: &random) > 0, let box = Self.boxes.randomElement(using: &random) {
                number += 1
                _ = route.update(box, at: now) { $0.enqueue(row(number, due: now)) }
            }
            while case .start(let turn, let mailbox) = route.startNext(at: now) {
                let load = flights.count { $0.mailbox == mailbox }
                for other in Self.boxes where other != mailbox && !route.lane(other).window.isEmpty {
                    #expect(
                        flights.count { $0.mailbox == other } >= min(load, 3), "\(mailbox) before \(other) at \(now)")
                }
                flights.append(Flight(row: turn.row, mailbox: mailbox, path: turn.path))
            }
            #expect(flights.count <= concurrency)
            // Boxes 0 and 1 are slow.
            let quick = flights.indices.filter {
                !Self.boxes[..<2].contains(flights[$0].mailbox) || Int.random(in: 0..<20, using: &random) == 0
            }
            guard let index = quick.randomElement(using: &random) else { continue }
            let done = flights.remove(at: index)
            _ = route.finished(
                done.row, by: done.path, of: done.mailbox, .healthy, reachedFarSide: true, at: now, using: &random)
        }
        #expect(number > 900)
    }

    /// One that came first has taken all; as its attempts end, the others take up to as many.
    @Test func aLatecomerGetsItsShareAsPlacesBecomeFree() {
        var random = SplitMix64(seed: 1)
        var route = RouteLanes(Self.limits(3))
        for number in 0..<9 { _ = route.update(Self.boxes[0], at: 0) { $0.enqueue(row(number)) } }
        for number in 0..<3 { #expect(route.startNext(at: 0)?.turn.row.id == id(number)) }
        for number in 10..<19 { _ = route.update(Self.boxes[number % 3], at: 1) { $0.enqueue(row(number)) } }
        var mailboxes: [Address] = []
        for number in 0..<3 {
            _ = route.finished(
                row(number), by: .graph, of: Self.boxes[0], .healthy, reachedFarSide: true, at: 2, using: &random)
            if case .start(_, let mailbox) = route.startNext(at: 2) { mailboxes.append(mailbox) }
        }
        #expect(Set(mailboxes) == Set(Self.boxes[..<3]))
    }
}
