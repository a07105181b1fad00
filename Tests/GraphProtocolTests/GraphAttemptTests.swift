import MailModel
import Testing

@testable import GraphProtocol

/// Every state × every event, and whole courses.
@Suite struct GraphAttemptTests {
    typealias Facts = GraphAttempt.Facts

    static let refused = Outcome.rejected(Refusal(scope: .message, cause: .rejected, text: "no"))
    static let lost = Outcome.unknown(Refusal(scope: .route, cause: .unavailable, text: "lost"))
    static let accepted = Outcome.accepted(Receipt(status: 202))
    static let throttled = Outcome.deferred(
        Refusal(scope: .mailbox, cause: .throttled, text: "slow down"), retryAfter: .seconds(7))

    static func word(_ action: GraphAttempt.Action) -> String {
        switch action {
        case .look(let id): "look \(id)"
        case .search: "search"
        case .createDraft: "create"
        case .keep(let id): "keep \(id)"
        case .sendDraft(let id): "send \(id)"
        case .sendMail: "sendMail"
        case .end(let ending): word(ending)
        }
    }

    private static func word(_ ending: GraphAttempt.Ending) -> String {
        var text = ending.outcome.word
        if case .deferred(_, let wait?) = ending.outcome { text += " \(wait.components.seconds)" }
        if ending.isHeld { text += " held" }
        if ending.note != nil { text += " found" }
        switch ending.draft {
        case .unchanged: break
        case .made(let id): text += ", made \(id)"
        case .lost: text += ", lost"
        case .used: text += ", used"
        }
        return text
    }

    // MARK: The first step

    private static let beginnings: [(ExactlyOnce, RememberedDraft?, doubt: Bool, String)] = [
        (.off, nil, false, "sendMail"), (.off, nil, true, "sendMail"),
        (.off, .somewhere, false, "sendMail"), (.off, .somewhere, true, "sendMail"),
        (.off, .named("d"), false, "sendMail"), (.off, .named("d"), true, "sendMail"),
        (.lookup, nil, false, "sendMail"), (.lookup, nil, true, "search"),
        (.lookup, .somewhere, false, "sendMail"), (.lookup, .somewhere, true, "search"),
        (.lookup, .named("d"), false, "sendMail"), (.lookup, .named("d"), true, "look d"),
        (.draft, nil, false, "create"), (.draft, nil, true, "search"),
        (.draft, .somewhere, false, "search"), (.draft, .somewhere, true, "search"),
        (.draft, .named("d"), false, "send d"), (.draft, .named("d"), true, "look d"),
    ]

    @Test(arguments: beginnings.indices) func begins(_ index: Int) {
        let row = Self.beginnings[index]
        var attempt = GraphAttempt(Facts(mode: row.0, draft: row.1, doubt: row.doubt ? .seconds(9) : nil))
        #expect(Self.word(attempt.begin()) == row.3)
    }

    @Test func everyBeginningIsTested() { #expect(Self.beginnings.count == ExactlyOnce.allCases.count * 3 * 2) }

    // MARK: State × event

    private static let events: [(String, GraphAttempt.Event)] = [
        ("looked draft", .looked(.draft)), ("looked sent", .looked(.sent)), ("looked absent", .looked(.absent)),
        ("looked failed", .looked(.failed(throttled))),
        ("searched sent", .searched(.sent)), ("searched draft", .searched(.draft(id: "x"))),
        ("searched absent", .searched(.absent)), ("searched unclear", .searched(.unclear)),
        ("searched failed", .searched(.failed(throttled))),
        ("created", .created(.created(id: "n"))), ("creation lost", .created(.lost(lost.refusal!, retryAfter: nil))),
        ("creation refused", .created(.refused(refused))),
        ("kept", .kept(true)), ("not kept", .kept(false)),
        ("accepted", .answered(accepted)), ("lost", .answered(lost)), ("refused", .answered(refused)),
        ("deferred", .answered(throttled)),
    ]

    /// A way into a state, and what each event does there; events that are not named are out of turn.
    struct Place: Sendable, CustomTestStringConvertible {
        var name: String
        var facts: GraphAttempt.Facts
        var way: [GraphAttempt.Event] = []
        var expected: [String: String]

        var testDescription: String { name }
    }

    private static let over = Duration.seconds(-1)
    private static let looks = [
        "looked draft": "send d", "looked sent": "accepted found, used", "looked failed": "throttled 7",
    ]
    private static let searches = ["searched sent": "accepted found, used", "searched failed": "throttled 7"]
    private static let creations = [
        "created": "keep n", "creation lost": "deferred, lost", "creation refused": "rejected",
    ]
    private static let sendings = [
        "accepted": "accepted, used", "lost": "unknown", "refused": "rejected", "deferred": "throttled 7",
    ]

    private static let places: [Place] = [
        Place(
            name: "looking, within the grace time", facts: Facts(mode: .draft, draft: .named("d"), doubt: .seconds(9)),
            expected: looks.merging(["looked absent": "deferred 9"]) { $1 }),
        Place(
            name: "looking, after it", facts: Facts(mode: .draft, draft: .named("d"), doubt: over),
            expected: looks.merging(["looked absent": "search"]) { $1 }),
        Place(
            name: "looking for a draft of another mode", facts: Facts(mode: .lookup, draft: .named("d"), doubt: over),
            expected: looks.merging(["looked absent": "search"]) { $1 }),
        Place(
            name: "searching, lookup, within the grace time", facts: Facts(mode: .lookup, doubt: .seconds(9)),
            expected: searches.merging([
                "searched draft": "deferred 9", "searched absent": "deferred 9", "searched unclear": "deferred 9",
            ]) { $1 }),
        Place(
            name: "searching, lookup, after it", facts: Facts(mode: .lookup, doubt: over),
            expected: searches.merging([
                "searched draft": "deferred 60", "searched absent": "sendMail", "searched unclear": "sendMail",
            ]) { $1 }),
        Place(
            name: "searching, lookup, after it, held", facts: Facts(mode: .lookup, doubt: .zero, holdsUnclear: true),
            expected: searches.merging([
                "searched draft": "deferred 60", "searched absent": "sendMail", "searched unclear": "unknown held",
            ]) { $1 }),
        Place(
            name: "searching, draft, within the grace time", facts: Facts(mode: .draft, doubt: .seconds(9)),
            expected: searches.merging([
                "searched draft": "keep x", "searched absent": "deferred 9", "searched unclear": "deferred 9",
            ]) { $1 }),
        Place(
            name: "searching, draft, after it", facts: Facts(mode: .draft, doubt: over),
            expected: searches.merging([
                "searched draft": "keep x", "searched absent": "create", "searched unclear": "create",
            ]) { $1 }),
        Place(
            name: "searching, draft, in pieces", facts: Facts(mode: .draft, doubt: over, adopts: false),
            expected: searches.merging([
                "searched draft": "create", "searched absent": "create", "searched unclear": "create",
            ]) { $1 }),
        Place(
            name: "searching for a draft that was lost sight of", facts: Facts(mode: .draft, draft: .somewhere),
            expected: [
                "searched sent": "accepted found", "searched failed": "throttled 7", "searched draft": "keep x",
                "searched absent": "create", "searched unclear": "create",
            ]),
        Place(
            name: "searching, the draft is gone", facts: Facts(mode: .draft, draft: .named("d"), doubt: over),
            way: [.looked(.absent)],
            expected: searches.merging([
                "searched draft": "keep x", "searched absent": "create", "searched unclear": "create",
            ]) { $1 }),
        Place(
            name: "searching, the draft is gone, held",
            facts: Facts(mode: .draft, draft: .named("d"), doubt: over, holdsUnclear: true), way: [.looked(.absent)],
            expected: searches.merging([
                "searched draft": "keep x", "searched absent": "unknown held", "searched unclear": "unknown held",
            ]) { $1 }),
        Place(name: "creating", facts: Facts(mode: .draft), expected: creations),
        Place(
            name: "keeping", facts: Facts(mode: .draft), way: [.created(.created(id: "n"))],
            expected: ["kept": "send n", "not kept": "deferred, made n"]),
        Place(
            name: "sending a new draft", facts: Facts(mode: .draft), way: [.created(.created(id: "n")), .kept(true)],
            expected: sendings),
        Place(name: "sending a draft from before", facts: Facts(mode: .draft, draft: .named("d")), expected: sendings),
        Place(
            name: "sending a draft again", facts: Facts(mode: .draft, draft: .named("d"), doubt: over),
            way: [.looked(.draft)], expected: sendings),
        Place(
            name: "sending, off", facts: Facts(mode: .off),
            expected: sendings.merging(["accepted": "accepted"]) { $1 }),
        Place(
            name: "sending, lookup", facts: Facts(mode: .lookup, doubt: over), way: [.searched(.absent)],
            expected: sendings.merging(["accepted": "accepted"]) { $1 }),
        Place(name: "ended", facts: Facts(mode: .off), way: [.answered(accepted)], expected: [:]),
    ]

    @Test(arguments: places) func stateAndEvent(_ place: Place) {
        for (name, event) in Self.events {
            var attempt = GraphAttempt(place.facts)
            _ = attempt.begin()
            for step in place.way { _ = attempt.handle(step) }
            #expect(Self.word(attempt.handle(event)) == place.expected[name] ?? "unknown", "\(name)")
        }
    }

    /// An answer before any question.
    @Test func nothingHappensBeforeTheBeginning() {
        for (name, event) in Self.events {
            var attempt = GraphAttempt(Facts(mode: .draft))
            #expect(Self.word(attempt.handle(event)) == "unknown", "\(name)")
        }
    }

    @Test func everyStateIsTested() {
        let states = Set(
            Self.places.map { place in
                var attempt = GraphAttempt(place.facts)
                _ = attempt.begin()
                for step in place.way { _ = attempt.handle(step) }
                return "\(attempt.state)".prefix { $0 != "(" }
            })
        #expect(states == ["looking", "searching", "creating", "keeping", "sending", "ended"])
    }

    // MARK: What they mean

    /// With doubt, nothing is sent before the message was looked for and not found after the grace time, or its own draft was
    /// seen to be one still.
    @Test(arguments: [ExactlyOnce.lookup, .draft]) func nothingIsSentUnseen(_ mode: ExactlyOnce) {
        for draft in [nil, RememberedDraft.somewhere, .named("d")] {
            for doubt in [Duration.seconds(9), .seconds(-9)] {
                var attempt = GraphAttempt(Facts(mode: mode, draft: draft, doubt: doubt))
                switch attempt.begin() {
                case .look, .search: break
                default: Issue.record("\(mode) \(String(describing: draft)) \(doubt)")
                }
            }
        }
    }

    /// No more requests in one attempt than are taken of the limits for it.
    @Test(arguments: ExactlyOnce.allCases) func noCourseIsLongerThanItSays(_ mode: ExactlyOnce) {
        var longest = 0
        for draft in [nil, RememberedDraft.somewhere, .named("d")] {
            for doubt in [nil, Duration.seconds(9), .seconds(-9)] {
                var attempt = GraphAttempt(Facts(mode: mode, draft: draft, doubt: doubt))
                let first = attempt.begin()
                longest = max(longest, Self.requests(attempt, first))
            }
        }
        #expect(longest == mode.requestsPerAttempt)
    }

    private static func requests(_ attempt: GraphAttempt, _ action: GraphAttempt.Action) -> Int {
        let own =
            switch action {
            case .look, .search, .createDraft, .sendDraft, .sendMail: 1
            case .keep, .end: 0
            }
        if case .end = action { return 0 }
        let next = events.compactMap { _, event -> Int? in
            var copy = attempt
            let action = copy.handle(event)
            if case .end(let ending) = action, ending.outcome.refusal == GraphAttempt.outOfTurn { return nil }
            return requests(copy, action)
        }
        return own + (next.max() ?? 0)
    }

    @Test func wordsTellAnOperatorWhatHappens() {
        #expect(GraphAttempt.notYet.text.contains("lookup_after") && GraphAttempt.notYet.scope == .message)
        #expect(GraphAttempt.cannotTell.text.contains("postern resend"))
    }
}
