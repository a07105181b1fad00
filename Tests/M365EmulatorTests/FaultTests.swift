import MailModel
import Testing

@testable import M365Emulator

struct FaultBookTests {
    private var random = SeededGenerator(seed: 1)

    private static func book(_ change: (inout FaultRule) -> Void) -> FaultBook {
        var rule = FaultRule()
        rule.status = 503
        change(&rule)
        var book = FaultBook()
        book.add(rule)
        return book
    }

    private func firings(_ book: inout FaultBook, _ times: Int) -> [Bool] {
        var random = random
        return (0..<times).map { _ in book.fault(for: .sendMail, mailbox: "a@contoso.com", using: &random) != nil }
    }

    static let counts: [(count: Int, nth: Int, fires: [Bool])] = [
        (1, 0, [true, false, false, false]), (2, 0, [true, true, false, false]), (0, 0, [true, true, true, true]),
        (1, 3, [false, false, true, false]), (0, 2, [false, true, false, false]),
    ]

    @Test(arguments: counts) func fires(count: Int, nth: Int, fires: [Bool]) {
        var book = Self.book {
            $0.count = count
            $0.nth = nth
        }
        #expect(firings(&book, 4) == fires)
        #expect(book.entries[0].seen == 4)
        #expect(book.entries[0].fired == fires.count { $0 })
    }

    static let cycles: [(every: Int, count: Int, fires: [Bool])] = [
        (1, 0, [true, true, true, true, true, true]), (2, 0, [false, true, false, true, false, true]),
        (3, 0, [false, false, true, false, false, true]), (2, 2, [false, true, false, true, false, false]),
    ]

    @Test(arguments: cycles) func firesForEverySoManyth(every: Int, count: Int, fires: [Bool]) {
        var book = Self.book {
            $0.every = every
            $0.count = count
        }
        #expect(firings(&book, 6) == fires)
    }

    /// Unless it says how often, a rule for every second request goes on.
    @Test func everyHasNoEndOfItsOwn() throws {
        #expect(try FaultRule(json: ["every": 2, "status": 500]).count == 0)
        #expect(try FaultRule(json: ["every": 2, "count": 5]).count == 5)
        #expect(try FaultRule(json: ["status": 500]).count == 1)
    }

    @Test(arguments: FaultRule.Stage.allCases) func aRuleForAnyStageFitsEach(stage: FaultRule.Stage) {
        var random = random
        var book = Self.book {
            $0.operation = "smtp"
            $0.stage = .any
        }
        #expect(book.fault(for: .smtp, mailbox: "", stage: stage, using: &random) != nil)
    }

    @Test func firesByChance() {
        var book = Self.book {
            $0.count = 0
            $0.probability = 0.5
        }
        let fired = firings(&book, 1000).count { $0 }
        #expect(400...600 ~= fired)
    }

    static let matches: [(operation: String, mailbox: String, asked: Operation, fits: Bool)] = [
        ("any", "", .token, true), ("sendMail", "", .sendMail, true), ("sendMail", "", .draft, false),
        ("graph", "", .draft, true), ("graph", "", .token, false), ("graph", "", .smtp, false),
        ("smtp", "", .smtp, true),
        ("any", "a@contoso.com", .query, true), ("any", "*@contoso.com", .query, true),
        ("any", "b@contoso.com", .query, false),
    ]

    @Test(arguments: matches) func fits(operation: String, mailbox: String, asked: Operation, fits: Bool) {
        var rule = FaultRule()
        rule.operation = operation
        rule.mailbox = mailbox
        #expect(rule.applies(to: asked, mailbox: "a@contoso.com") == fits)
    }

    @Test func theFirstRuleThatFiresDecides() {
        var book = Self.book { $0.operation = "draft" }
        var second = FaultRule()
        second.status = 500
        var third = second
        third.status = 501
        book.add(second)
        book.add(third)
        var random = random
        let statuses = (0..<3).map { _ in book.fault(for: .sendMail, mailbox: "", using: &random)?.status }
        #expect(statuses == [500, 501, nil])
        let removals = [book.remove(1), book.remove(1)]
        #expect(removals == [true, false])
    }

    @Test(arguments: FaultRule.presets.keys.sorted()) func everyPresetCanBeNamedAndChanged(name: String) throws {
        let rule = try FaultRule(json: ["preset": .string(name), "operation": "sendMail", "headers": ["X-A": 1]])
        #expect(rule.operation == "sendMail")
        #expect(rule.stage == .data || name == "smtp-outage")
        #expect(rule.headers["X-A"] == "1.0" || rule.headers["X-A"] == "1")
        #expect(rule != FaultRule())
    }

    @Test(arguments: [["preset": "no such"], ["statuss": 1], ["when": "later"], []] as [JSONValue])
    func refusesARuleItDoesNotUnderstand(json: JSONValue) {
        #expect(throws: (any Error).self) { try FaultRule(json: json) }
    }
}

/// What each fault looks like from outside, and whether the message was sent.
struct FaultEffectTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var preset: String
        /// 0: the connection is reset; -1: no answer comes.
        var status: Int
        var code = ""
        var sent: Int

        var testDescription: String { preset }
    }

    static let cases: [Case] = [
        Case(preset: "throttle", status: 429, code: "ApplicationThrottled", sent: 0),
        Case(preset: "unavailable", status: 503, code: "ServiceNotAvailable", sent: 0),
        Case(preset: "outage", status: 503, code: "ServiceNotAvailable", sent: 0),
        Case(preset: "token-outage", status: 202, sent: 1),
        Case(preset: "504-sent", status: 504, code: "UnknownError", sent: 1),
        Case(preset: "504-not-sent", status: 504, code: "UnknownError", sent: 0),
        Case(preset: "200-sent", status: 200, sent: 1),
        Case(preset: "200-not-sent", status: 200, sent: 0),
        Case(preset: "202-retry-after", status: 202, sent: 1),
        Case(preset: "413-html", status: 413, sent: 0),
        Case(preset: "502-html", status: 502, sent: 0),
        Case(preset: "reset-before-body", status: 0, sent: 0),
        Case(preset: "reset-after-body", status: 0, sent: 0),
        Case(preset: "answer-lost", status: 0, sent: 1),
        Case(preset: "stall", status: -1, sent: 0),
        Case(preset: "stall-sent", status: -1, sent: 1),
    ]

    @Test func noPresetIsForgotten() {
        #expect(Set(Self.cases.map(\.preset)) == Set(FaultRule.graphPresets.keys))
    }

    @Test(arguments: cases) func looksLikeThis(one: Case) {
        var bench = Bench()
        #expect(bench.control("POST", "faults", ["preset": .string(one.preset)]).status == 201)
        let headers = bench.authorizationForFaults()
        let delivery = bench.deliver(
            "POST", "/v1.0/users/\(Bench.mailbox)/sendMail", headers, Array(Bench.base64(Bench.message()).utf8))
        switch delivery {
        case .answer(let answer):
            #expect(answer.status == one.status)
            #expect(answer.code == one.code)
        case .reset, .drop: #expect(one.status == 0)
        case .stall: #expect(one.status == -1)
        }
        #expect(bench.state.store.captured.count == one.sent)
        #expect(bench.control("GET", "counters").json["mailboxes"][Bench.mailbox]["concurrency"] == 0)
    }

    @Test func anOutageLastsUntilItIsTakenBack() {
        var bench = Bench()
        _ = bench.control("POST", "faults", ["preset": "outage"])
        for _ in 0..<3 { #expect(bench.sendMIME().status == 503) }
        #expect(bench.control("DELETE", "faults").status == 204)
        #expect(bench.sendMIME().status == 202)
    }

    @Test func anOutageOfTheTokenEndpointLeavesGraphAlone() {
        var bench = Bench()
        _ = bench.authorization()
        _ = bench.control("POST", "faults", ["preset": "token-outage"])
        for _ in 0..<2 {
            let answer = bench.requestToken()
            #expect(answer.status == 503)
            #expect(answer.json["error"] == "temporarily_unavailable")
            #expect(answer.json["error_codes"] == [90033])
        }
        #expect(bench.sendMIME().status == 202)
        _ = bench.control("DELETE", "faults")
        #expect(bench.requestToken().status == 200)
    }

    @Test func addsAHeaderToAGoodAnswer() {
        var bench = Bench()
        _ = bench.authorization()
        _ = bench.control("POST", "faults", ["preset": "202-retry-after"])
        let answer = bench.sendMIME()
        #expect(answer.status == 202)
        #expect(answer["Retry-After"] == "5")
    }

    @Test func spellsInnerErrorAsTold() {
        var bench = Bench()
        _ = bench.authorization()
        _ = bench.control("POST", "faults", ["preset": "unavailable", "lowerCaseInnerError": true])
        let answer = bench.sendMIME()
        #expect(answer.json["error"]["innererror"]["request-id"].string == answer["request-id"])
        #expect(answer.json["error"]["innerError"].isNull)
    }

    @Test func tokensFailInEntrasForm() {
        var bench = Bench()
        _ = bench.control(
            "POST", "faults",
            ["operation": "token", "status": 503, "code": "temporarily_unavailable", "headers": ["Retry-After": "3"]])
        let answer = bench.requestToken()
        #expect(answer.status == 503)
        #expect(answer.json["error"] == "temporarily_unavailable")
        #expect(answer["Retry-After"] == "3")
        #expect(bench.requestToken().status == 200)
    }

    /// Who may not come in at all is told so, whatever the rules say.
    @Test func aRefusalComesBeforeAFault() {
        var bench = Bench()
        _ = bench.control("POST", "faults", ["preset": "answer-lost", "operation": "sendMail"])
        #expect(bench.answer("POST", "/v1.0/users/\(Bench.mailbox)/sendMail").status == 401)
    }
}

extension Bench {
    /// A token got before the rules of a test could catch its request.
    fileprivate mutating func authorizationForFaults() -> [String: String] {
        let rules = state.faults
        state.faults = FaultBook()
        defer { state.faults = rules }
        return authorization().merging(Bench.mime) { $1 }
    }
}
