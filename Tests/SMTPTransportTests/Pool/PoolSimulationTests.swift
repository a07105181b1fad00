import Testing

@testable import SMTPTransport

@Suite struct PoolSimulationTests {
    /// Thousands of random steps: the cap holds, nobody is forgotten, and everything comes to an end.
    @Test(arguments: 0..<10 as Range<UInt64>)
    func simulation(seed: UInt64) {
        var simulation = Simulation(seed: seed)
        for _ in 0..<1000 { simulation.step() }
        simulation.finish()
    }
}

/// A world around the books: a server that loses connections, tasks that come, work, fail, and give up.
private struct Simulation {
    private var ledger: Ledger
    private var chance: Chance
    private var lastTicket = 0
    private var waiting: Set<Int> = []
    private var opening: Set<Int> = []
    private var leased: Set<Int> = []
    private var leaving: Set<Int> = []
    /// All that is open, as the far side would count it.
    private var open: Set<Int> = []

    init(seed: UInt64) {
        chance = Chance(seed: seed)
        ledger = Ledger(cap: Int.random(in: 1...5, using: &chance))
    }

    mutating func step() {
        switch Int.random(in: 0..<10, using: &chance) {
        case 0...2: request()
        case 3...4: if let number = opening.any(&chance) { connect(number) }
        case 5...6: if let number = leased.any(&chance) { giveBack(number) }
        case 7: if let number = open.any(&chance) { close(number) }
        case 8: if let ticket = waiting.any(&chance) { take(ledger.giveUp(ticket)) }
        default:
            ledger.advance(Int64.random(in: 0...5, using: &chance))
            take(ledger.expire())
        }
        check()
    }

    /// Nobody comes any more; whoever waits is served in the end.
    mutating func finish() {
        for _ in 0..<100_000 where !waiting.isEmpty || !opening.isEmpty || !leased.isEmpty {
            if let number = leaving.first { close(number) }
            if let number = opening.first { connect(number) }
            if let number = leased.first { giveBack(number) }
            check()
        }
        #expect(waiting.isEmpty)
        take(ledger.shutDown())
        for number in open { close(number) }
        #expect(ledger.books.isEmpty)
    }

    private mutating func request() {
        lastTicket += 1
        waiting.insert(lastTicket)
        let identity = Bool.random(using: &chance) ? "a" : "b"
        take(ledger.request(lastTicket, identity: identity, isFresh: Int.random(in: 0..<9, using: &chance) == 0))
    }

    private mutating func connect(_ number: Int) {
        opening.remove(number)
        leased.insert(number)
        ledger.opened(number)
    }

    private mutating func giveBack(_ number: Int) {
        leased.remove(number)
        take(ledger.returned(number, messages: Int.random(in: 0..<4, using: &chance) == 0 ? nil : 1))
    }

    private mutating func close(_ number: Int) {
        open.remove(number)
        opening.remove(number)
        leased.remove(number)
        leaving.remove(number)
        take(ledger.closed(number))
    }

    private mutating func take(_ actions: [String]) {
        for action in actions {
            let words = action.split(separator: " ")
            guard let number = Int(words[1]), let ticket = words.last.flatMap({ Int($0) }) else { return flunk(action) }
            switch words[0] {
            case "open":
                #expect(waiting.remove(number) != nil)
                open.insert(number)
                opening.insert(number)
            case "reuse":
                #expect(waiting.remove(ticket) != nil)
                #expect(open.contains(number) && !leased.contains(number) && !leaving.contains(number))
                leased.insert(number)
            case "leave": #expect(leaving.insert(number).inserted && open.contains(number))
            default: #expect(waiting.remove(number) != nil)
            }
        }
    }

    private func check() {
        let counts = ledger.books.counts
        #expect(counts.open == open.count && counts.open <= ledger.cap)
        #expect(counts.waiting == waiting.count)
        #expect(counts.idle == open.count - opening.count - leased.count - leaving.count)
        // Somebody waits only where there is something to wait for.
        #expect(waiting.isEmpty || counts.open == ledger.cap && counts.idle < counts.open)
    }
}

extension Set<Int> {
    fileprivate func any(_ chance: inout Chance) -> Int? { sorted().randomElement(using: &chance) }
}
