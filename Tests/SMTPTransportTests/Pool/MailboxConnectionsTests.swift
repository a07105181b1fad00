import NIOConcurrencyHelpers
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

    // MARK: The last place

    @Test func onlyTheLastConnectionNeedsTheLastPlace() {
        var ledger = Ledger(cap: 3)
        ledger.fill(2)
        #expect(!ledger.hasLastPlace)
        #expect(ledger.request(3) == ["open 3"])
        #expect(ledger.hasLastPlace)
        ledger.opened(3)
        #expect(ledger.returned(3) == [])
        #expect(ledger.hasLastPlace, "an idle connection counts")
        #expect(ledger.closed(1) == [])
        #expect(!ledger.hasLastPlace)
    }

    @Test func whoeverWaitsForTheLastPlaceAsksAgain() {
        var ledger = Ledger(cap: 2)
        ledger.othersHaveLastPlace = true
        #expect(ledger.request(1) == ["open 1"])
        #expect(ledger.request(2) == [])
        #expect(ledger.books.due == .uptimeNanoseconds(200_000_000))
        #expect(ledger.look(afterMilliseconds: 200) == [])
        #expect(ledger.books.due == .uptimeNanoseconds(400_000_000))
        ledger.othersHaveLastPlace = false
        #expect(ledger.look(afterMilliseconds: 200) == ["open 2"])
        #expect(ledger.books.due == nil)
        #expect(ledger.hasLastPlace)
    }

    @Test func aConnectionThatComesBackServesWhoWaitsForTheLastPlace() {
        var ledger = Ledger(cap: 2)
        ledger.othersHaveLastPlace = true
        ledger.fill(1)
        #expect(ledger.request(2) == [])
        #expect(ledger.returned(1) == ["reuse 1 for 2"])
        #expect(ledger.books.due == nil)
        #expect(ledger.request(3) == [])
        #expect(ledger.giveUp(3) == ["refuse 3"])
        #expect(ledger.books.due == nil)
        #expect(ledger.request(4) == [])
        #expect(ledger.shutDown() == ["refuse 4"])
        #expect(ledger.books.due == nil)
    }

    @Test func theLastPlaceIsNotKeptForNothing() {
        var ledger = Ledger(cap: 2)
        ledger.fill(2)
        #expect(ledger.returned(2) == [] && ledger.returned(1) == [])
        #expect(ledger.books.due == .uptimeNanoseconds(2_000_000_000))
        #expect(ledger.look(afterMilliseconds: 1999) == [])
        #expect(ledger.look(afterMilliseconds: 1) == ["leave 2"])
        #expect(ledger.hasLastPlace, "until it is closed")
        #expect(ledger.closed(2) == [])
        #expect(!ledger.hasLastPlace)
        #expect(ledger.books.due == .uptimeNanoseconds(10_000_000_000))
    }

    @Test func aConnectionThatNeverCameAboutLeavesTheLastPlace() {
        var ledger = Ledger(cap: 1)
        #expect(ledger.request(1) == ["open 1"])
        #expect(ledger.hasLastPlace)
        #expect(ledger.closed(1) == [])
        #expect(!ledger.hasLastPlace)
        #expect(ledger.books.isEmpty)
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
}

/// The books with a clock, and with actions as words.
struct Ledger {
    /// What another process has, and what we do.
    struct Place {
        var isTheirs = false
        var isOurs = false
    }

    var books: MailboxConnections<Int>
    var cap: Int
    let place = NIOLockedValueBox(Place())
    private var now = NIODeadline.uptimeNanoseconds(0)

    init(cap: Int) {
        self.cap = cap
        let place = place
        let lastPlace = SMTPConnectionPool.LastPlace(
            take: { _ in
                place.withLockedValue { place in
                    place.isOurs = !place.isTheirs
                    return place.isOurs
                }
            }, release: { _ in place.withLockedValue { $0.isOurs = false } })
        books = MailboxConnections(.init(host: "h", port: 25, mailbox: "m"), lastPlace)
    }

    mutating func advance(_ seconds: Int64) { now = now + .seconds(seconds) }

    var hasLastPlace: Bool { place.withLockedValue { $0.isOurs } }

    var othersHaveLastPlace: Bool {
        get { place.withLockedValue { $0.isTheirs } }
        nonmutating set { place.withLockedValue { $0.isTheirs = newValue } }
    }

    mutating func look(afterMilliseconds milliseconds: Int64) -> [String] {
        now = now + .milliseconds(milliseconds)
        return words(books.look(now))
    }

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
    mutating func expire() -> [String] { words(books.look(now)) }
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
