import MailModel
import Testing

@testable import GraphProtocol

/// The upload of an attachment of 250 octets in ranges of 100.
@Suite struct UploadStateTests {
    static let trouble = Refusal(scope: .route, cause: .unavailable, text: "no answer")
    static let throttled = Outcome.deferred(
        Refusal(scope: .mailbox, cause: .throttled, text: "slow down"), retryAfter: .seconds(7))

    static func session(_ name: String = "s", expires: Timestamp? = nil) -> UploadSession {
        UploadSession(url: "https://outlook.office.com/\(name)?authtoken=secret", expires: expires)
    }

    /// Puts a machine into a state by events, and names what it does then.
    struct Run {
        var state = UploadState(size: 250, rangeLength: 100)
        var words: [String] = []

        init(_ events: [UploadEvent] = [], at now: Timestamp = rfcMoment) {
            words.append(Self.word(state.begin()))
            for event in events { words.append(Self.word(state.handle(event, at: now))) }
        }

        static func word(_ action: UploadState.Action) -> String {
            switch action {
            case .createSession: "create"
            case .put(_, let range): "put \(range.lowerBound)-\(range.upperBound)"
            case .ask(_, let pause): "ask after \(pause.components.seconds)"
            case .finish: "finish"
            case .giveUp(let outcome): "give up: \(outcome.word) \(outcome.refusal?.cause.rawValue ?? "")"
            }
        }
    }

    static let opened = UploadEvent.sessionCreated(session())

    static let stories: [(String, [UploadEvent], [String])] = [
        (
            "all goes well", [opened, .accepted(next: 100), .accepted(next: 200), .completed],
            ["create", "put 0-100", "put 100-200", "put 200-250", "finish"]
        ),
        (
            "a broken range is gone on with",
            [
                opened, .accepted(next: 100), .broken(trouble), .accepted(next: 150), .accepted(next: 250 - 1),
                .completed,
            ],
            ["create", "put 0-100", "put 100-200", "ask after 0", "put 150-250", "put 249-250", "finish"]
        ),
        (
            "a range that had arrived is not sent again",
            [opened, .broken(trouble), .accepted(next: 100), .accepted(next: 200), .completed],
            ["create", "put 0-100", "ask after 0", "put 100-200", "put 200-250", "finish"]
        ),
        (
            "a session that ended is replaced",
            [
                opened, .accepted(next: 100), .gone(trouble), opened, .accepted(next: 100), .accepted(next: 200),
                .completed,
            ],
            ["create", "put 0-100", "put 100-200", "create", "put 0-100", "put 100-200", "put 200-250", "finish"]
        ),
        (
            "a session that ended while it was asked is replaced", [opened, .broken(trouble), .gone(trouble), opened],
            ["create", "put 0-100", "ask after 0", "create", "put 0-100"]
        ),
        (
            "what may be complete is not begun anew",
            [opened, .accepted(next: 200), .broken(trouble), .gone(trouble)],
            ["create", "put 0-100", "put 200-250", "ask after 0", "give up: deferred unavailable"]
        ),
        (
            "nor after an answer that came too late",
            [opened, .accepted(next: 200), .broken(trouble), .accepted(next: 200), .gone(trouble)],
            ["create", "put 0-100", "put 200-250", "ask after 0", "put 200-250", "give up: deferred unavailable"]
        ),
        (
            "a lost last range is sent again",
            [opened, .accepted(next: 200), .broken(trouble), .accepted(next: 200), .completed],
            ["create", "put 0-100", "put 200-250", "ask after 0", "put 200-250", "finish"]
        ),
        (
            "another range is wanted", [opened, .accepted(next: 100), .misplaced(trouble), .accepted(next: 40)],
            ["create", "put 0-100", "put 100-200", "ask after 0", "put 40-140"]
        ),
        (
            "a creation that broke is repeated", [.broken(trouble), opened], ["create", "create", "put 0-100"]
        ),
        (
            "complete too early is not complete", [opened, .completed],
            ["create", "put 0-100", "give up: deferred malfunction"]
        ),
        (
            "too many interruptions",
            [opened] + Array(repeating: .broken(trouble), count: 5),
            [
                "create", "put 0-100", "ask after 0", "ask after 1", "ask after 2", "ask after 4",
                "give up: deferred unavailable",
            ]
        ),
        (
            "too many sessions", [opened, .gone(trouble), opened, .gone(trouble), opened, .gone(trouble)],
            ["create", "put 0-100", "create", "put 0-100", "create", "put 0-100", "give up: deferred unavailable"]
        ),
        (
            "no progress is no progress", [opened] + Array(repeating: .accepted(next: 0), count: 5),
            ["create"] + Array(repeating: "put 0-100", count: 5) + ["give up: deferred unavailable"]
        ),
        (
            "a refusal ends it", [opened, .refused(throttled)], ["create", "put 0-100", "give up: throttled throttled"]
        ),
        (
            "what lies beyond the end is nonsense", [opened, .accepted(next: 250)],
            ["create", "put 0-100", "give up: deferred malfunction"]
        ),
    ]

    @Test(arguments: stories.indices) func story(_ index: Int) {
        let (name, events, words) = Self.stories[index]
        #expect(Run(events).words == words, "\(name)")
    }

    @Test func progressForgivesInterruptions() {
        let rounds = (1...30).flatMap {
            [UploadEvent.broken(Self.trouble), .accepted(next: $0), .accepted(next: $0 + 1)]
        }
        #expect(Run([Self.opened] + rounds).words.allSatisfy { !$0.hasPrefix("give up") })
    }

    @Test func replacesAnExpiredSession() {
        let soon = UploadEvent.sessionCreated(Self.session(expires: rfcMoment + .seconds(60)))
        var run = Run([soon])
        #expect(run.words.last == "put 0-100")
        let later = rfcMoment + .seconds(56)
        #expect(Run.word(run.state.handle(.accepted(next: 100), at: later)) == "create")
        #expect(Run.word(run.state.handle(Self.opened, at: later)) == "put 0-100")
        #expect(Run([soon, soon, soon].dropLast(2) + [.gone(Self.trouble), soon]).words.last == "put 0-100")
    }

    @Test func neverReplacesWhatMayBeComplete() {
        let soon = UploadEvent.sessionCreated(Self.session(expires: rfcMoment + .seconds(60)))
        var run = Run([soon, .accepted(next: 200), .broken(Self.trouble)])
        let later = rfcMoment + .seconds(100)
        #expect(Run.word(run.state.handle(.accepted(next: 200), at: later)) == "give up: deferred unavailable")
    }

    // MARK: State × event

    static let states: [(String, [UploadEvent])] = [
        ("opening", []), ("sending", [opened]), ("sending last", [opened, .accepted(next: 200)]),
        ("asking", [opened, .broken(trouble)]),
        ("asking after last", [opened, .accepted(next: 200), .broken(trouble)]),
        ("done", [opened, .accepted(next: 200), .completed]), ("failed", [opened, .refused(throttled)]),
    ]

    static let events: [(String, UploadEvent)] = [
        ("session", opened), ("accepted", .accepted(next: 100)), ("completed", .completed),
        ("broken", .broken(trouble)),
        ("misplaced", .misplaced(trouble)), ("gone", .gone(trouble)), ("refused", .refused(throttled)),
    ]

    /// Rows as `states`, columns as `events`; `!` gives up for a malfunction, `?` because it may be complete.
    static let table = [
        "put  !    !       create give give   throttled",
        "!    put  !       ask    ask  create throttled",
        "!    put  finish  ask    ask  create throttled",
        "!    put  !       ask    !    create throttled",
        "!    put  !       ask    !    ?      throttled",
        "!    !    !       !      !    !      throttled",
        "!    !    !       !      !    !      throttled",
    ]

    @Test(arguments: states.indices) func everyEventInEveryState(_ row: Int) {
        let expected = Self.table[row].split(separator: " ").map(String.init)
        for (column, event) in Self.events.enumerated() {
            var run = Run(Self.states[row].1)
            let found: String =
                switch run.state.handle(event.1, at: rfcMoment) {
                case .createSession: "create"
                case .put: "put"
                case .ask: "ask"
                case .finish: "finish"
                case .giveUp(.deferred(let refusal, _)) where refusal.cause == .malfunction: "!"
                case .giveUp(.deferred(let refusal, _)) where refusal.cause == .throttled: "throttled"
                case .giveUp(.deferred(Self.trouble, _)): "give"
                case .giveUp: "?"
                }
            let cell = "\(Self.states[row].0) × \(event.0)"
            #expect(found == expected[column], "\(cell)")
        }
    }

    /// Against a far side that loses requests and answers at random: what it holds at the end is the attachment, once.
    @Test(arguments: 1...200 as ClosedRange<UInt64>) func bringsEachOctetOnce(_ seed: UInt64) {
        var random = SplitMix(state: seed)
        var host = UploadHost(size: Int.random(in: 1...950, using: &random))
        var upload = UploadState(size: host.size, rangeLength: 100)
        var action = upload.begin()
        for _ in 0..<1000 {
            switch action {
            case .createSession: action = upload.handle(host.create(using: &random), at: rfcMoment)
            case .put(let session, let range):
                action = upload.handle(host.put(range, to: session, using: &random), at: rfcMoment)
            case .ask(let session, _): action = upload.handle(host.ask(session, using: &random), at: rfcMoment)
            case .finish:
                #expect(host.attached == 1)
                return
            case .giveUp:
                #expect(host.attached <= 1)
                return
            }
        }
        Issue.record("no end")
    }
}

/// Sessions as Outlook's documents describe them, on a bad line.
private struct UploadHost {
    let size: Int
    private(set) var attached = 0
    private var received: [String: Int] = [:]
    private var names = 0

    init(size: Int) { self.size = size }

    mutating func create(using random: inout some RandomNumberGenerator) -> UploadEvent {
        names += 1
        received["\(names)"] = 0
        return lost(&random) ? .broken(UploadStateTests.trouble) : .sessionCreated(.init(url: "\(names)", expires: nil))
    }

    mutating func put(
        _ range: Range<Int>, to session: UploadSession, using random: inout some RandomNumberGenerator
    ) -> UploadEvent {
        if lost(&random) { return .broken(UploadStateTests.trouble) }
        if Int.random(in: 0..<30, using: &random) == 0 { received[session.url] = nil }
        guard let have = received[session.url] else { return .gone(UploadStateTests.trouble) }
        guard have == range.lowerBound else { return .misplaced(UploadStateTests.trouble) }
        received[session.url] = range.upperBound
        if range.upperBound == size {
            attached += 1
            received[session.url] = nil
        }
        if lost(&random) { return .broken(UploadStateTests.trouble) }
        return range.upperBound == size ? .completed : .accepted(next: range.upperBound)
    }

    func ask(_ session: UploadSession, using random: inout some RandomNumberGenerator) -> UploadEvent {
        if lost(&random) { return .broken(UploadStateTests.trouble) }
        return received[session.url].map { .accepted(next: $0) } ?? .gone(UploadStateTests.trouble)
    }

    private func lost(_ random: inout some RandomNumberGenerator) -> Bool { Int.random(in: 0..<8, using: &random) == 0 }
}
