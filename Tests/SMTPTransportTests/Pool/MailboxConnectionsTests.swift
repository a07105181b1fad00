import NIOCore
import SMTPProtocol
import Testing

@testable import SMTPTransport

@Suite struct MailboxConnectionsTests {
    enum State: CaseIterable { case none, opening, leased, idle, leaving }
    enum Event: CaseIterable {
        case request, requestOther, requestFresh, returned, returnedSpent, closed, expireEarly, expireLate, closeIdle
    }

    /// One connection, numbered 1, with a cap of 1, in every state, and everything that can happen to it.
    @Test(arguments: State.allCases, Event.allCases)
    func table(state: State, event: Event) {
        let expected: [String] =
            switch (state, event) {
            case (.none, .request), (.none, .requestOther), (.none, .requestFresh): ["open 2"]
            case (.none, _): []
            case (.opening, _): []
            case (.leased, .returnedSpent): ["leave 1"]
            case (.leased, _): []
            case (.idle, .request): ["reuse 1 for 2"]
            case (.idle, .requestOther), (.idle, .requestFresh), (.idle, .expireLate), (.idle, .closeIdle): ["leave 1"]
            case (.idle, .returned), (.idle, .returnedSpent), (.idle, .closed), (.idle, .expireEarly): []
            case (.leaving, _): []
            }
        var ledger = Ledger(cap: 1)
        ledger.bring(to: state)
        #expect(ledger.apply(event) == expected)
    }

    /// The slot is free with `closed`, and not before, wherever the connection was.
    @Test(arguments: [State.opening, .leased, .idle, .leaving])
    func theSlotIsFreeWithTheEnd(state: State) {
        var ledger = Ledger(cap: 1)
        ledger.bring(to: state)
        #expect(ledger.request(2, identity: "other") == (state == .idle ? ["leave 1"] : []))
        #expect(ledger.books.counts.open == 1)
        #expect(ledger.closed(1) == ["open 2"])
        #expect(ledger.closed(1) == [])
        #expect(ledger.books.counts == .init(open: 1))
        #expect(ledger.closed(2) == [])
        #expect(ledger.books.isEmpty)
    }

    @Test func firstComeFirstServed() {
        var ledger = Ledger(cap: 2)
        #expect((1...5).map { ledger.request($0) } == [["open 1"], ["open 2"], [], [], []])
        ledger.opened(1)
        ledger.opened(2)
        #expect(ledger.returned(2) == ["reuse 2 for 3"])
        #expect(ledger.returned(1) == ["reuse 1 for 4"])
        #expect(ledger.giveUp(5) == ["refuse 5"])
        #expect(ledger.giveUp(5) == [])
        #expect(ledger.returned(1) == [])
        #expect(ledger.books.counts == .init(open: 2, idle: 1, waiting: 0))
    }

    @Test func theLastUsedIsUsedNext() {
        var ledger = Ledger(cap: 3)
        ledger.fill(3)
        for number in [2, 3, 1] { #expect(ledger.returned(number) == []) }
        #expect(ledger.request(4) == ["reuse 1 for 4"])
        #expect(ledger.request(5) == ["reuse 3 for 5"])
        #expect(ledger.request(6) == ["reuse 2 for 6"])
    }

    @Test func aFreshRequestGoesFirst() {
        var ledger = Ledger(cap: 1)
        ledger.fill(1)
        #expect(ledger.request(2) == [])
        #expect(ledger.request(3, isFresh: true) == [])
        #expect(ledger.returned(1) == ["leave 1"])
        #expect(ledger.closed(1) == ["open 3"])
        ledger.opened(3)
        #expect(ledger.returned(3) == ["reuse 3 for 2"])
    }

    @Test func anotherIdentityGetsTheSlotsOfIdleConnections() {
        var ledger = Ledger(cap: 3)
        ledger.fill(3)
        for number in 1...3 { #expect(ledger.returned(number) == []) }
        #expect(ledger.request(4, identity: "new") == ["leave 1"])
        #expect(ledger.request(5, identity: "new") == ["leave 2"])
        #expect(ledger.closed(2) == ["open 4"])
        #expect(ledger.request(6) == [])
        #expect(ledger.closed(1) == ["open 5", "reuse 3 for 6"])
    }

    @Test func aLoweredCapHoldsForWhatIsOpen() {
        var ledger = Ledger(cap: 3)
        ledger.fill(3)
        #expect(ledger.returned(1) == [])
        ledger.cap = 1
        #expect(ledger.request(4) == ["leave 1"])
        #expect(ledger.returned(2) == ["leave 2"])
        #expect(ledger.closed(1) == [])
        #expect(ledger.closed(2) == [])
        #expect(ledger.returned(3) == ["reuse 3 for 4"])
    }

    @Test func ageIsCountedFromTheOpening() {
        var ledger = Ledger(cap: 1)
        ledger.fill(1)
        ledger.advance(99)
        #expect(ledger.returned(1) == [])
        #expect(ledger.books.due == .uptimeNanoseconds(100_000_000_000))
        ledger.advance(1)
        #expect(ledger.request(2) == ["leave 1"])
        #expect(ledger.closed(1) == ["open 2"])
        ledger.opened(2)
        ledger.advance(200)
        #expect(ledger.returned(2) == ["leave 2"])
        #expect(ledger.books.due == nil)
    }

    @Test func messagesAreCounted() {
        var ledger = Ledger(cap: 1)
        ledger.fill(1)
        #expect(ledger.returned(1, messages: 4) == [])
        #expect(ledger.request(2) == ["reuse 1 for 2"])
        #expect(ledger.returned(1, messages: 5) == ["leave 1"])
    }

    @Test func shutDown() {
        var ledger = Ledger(cap: 2)
        ledger.fill(2)
        #expect(ledger.request(3, identity: "a") == [])
        #expect(ledger.request(4, identity: "b") == [])
        #expect(ledger.shutDown() == ["refuse 3", "refuse 4"])
        #expect(ledger.returned(1) == [])
        #expect(ledger.shutDown() == ["leave 1"])
        #expect(ledger.books.counts == .init(open: 2))
    }

    /// Thousands of random steps: the cap holds, nobody is forgotten, and everything comes to an end.
    @Test(arguments: 0..<10 as Range<UInt64>)
    func simulation(seed: UInt64) {
        var simulation = Simulation(seed: seed)
        for _ in 0..<1000 { simulation.step() }
        simulation.finish()
    }
}

/// The books with a clock, and with actions as words.
private struct Ledger {
    var books = MailboxConnections<Int>()
    var cap: Int
    private var now = NIODeadline.uptimeNanoseconds(0)

    init(cap: Int) { self.cap = cap }

    mutating func advance(_ seconds: Int64) { now = now + .seconds(seconds) }

    mutating func request(_ ticket: Int, identity: String = "a", isFresh: Bool = false) -> [String] {
        let options = SMTPClientOptions(host: "h", port: 25, hostname: "c", security: .off)
        let terms = SMTPConnectionPool.Terms(
            options, connections: cap, age: .seconds(100), messages: 5, idle: .seconds(10), identity: identity)
        return words(books.request(.init(ticket: UInt64(ticket), terms: terms, isFresh: isFresh), at: now))
    }

    mutating func opened(_ number: Int) { books.opened(UInt64(number), at: now) }
    mutating func returned(_ number: Int, messages: Int? = 1) -> [String] {
        words(books.returned(UInt64(number), number, messages: messages, at: now))
    }
    mutating func closed(_ number: Int) -> [String] { words(books.closed(UInt64(number), at: now)) }
    mutating func giveUp(_ ticket: Int) -> [String] { words(books.giveUp(UInt64(ticket), at: now)) }
    mutating func expire() -> [String] { words(books.expire(now)) }
    mutating func closeIdle() -> [String] { words(books.closeIdle()) }
    mutating func shutDown() -> [String] { words(books.shutDown()) }

    /// Takes this many connections.
    mutating func fill(_ count: Int) {
        for number in 1...count {
            #expect(request(number) == ["open \(number)"])
            opened(number)
        }
    }

    mutating func bring(to state: MailboxConnectionsTests.State) {
        guard state != .none else { return }
        _ = request(1)
        guard state != .opening else { return }
        opened(1)
        guard state != .leased else { return }
        _ = returned(1)
        if state == .leaving { _ = closeIdle() }
    }

    mutating func apply(_ event: MailboxConnectionsTests.Event) -> [String] {
        switch event {
        case .request: return request(2)
        case .requestOther: return request(2, identity: "b")
        case .requestFresh: return request(2, isFresh: true)
        case .returned: return returned(1)
        case .returnedSpent: return returned(1, messages: nil)
        case .closed: return closed(1)
        case .expireEarly:
            advance(9)
            return expire()
        case .expireLate:
            advance(10)
            return expire()
        case .closeIdle: return closeIdle()
        }
    }

    private func words(_ actions: [MailboxConnections<Int>.Action]) -> [String] {
        actions.map { action in
            switch action {
            case .open(let number): "open \(number)"
            case .reuse(let number, _, let ticket): "reuse \(number) for \(ticket)"
            case .leave(let number): "leave \(number)"
            case .refuse(let ticket): "refuse \(ticket)"
            }
        }
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
