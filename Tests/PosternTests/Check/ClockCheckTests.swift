import GraphProtocol
import MailModel
import Testing

@testable import Postern

@Suite struct ClockCheckTests {
    struct Case: Sendable {
        var seconds: Int
        var verdict: CheckItem.Verdict
        var text: String
    }

    @Test(arguments: [
        Case(seconds: 0, verdict: .ok, text: "this machine's clock agrees with the server's"),
        Case(seconds: 2, verdict: .ok, text: "this machine's clock agrees with the server's"),
        Case(seconds: -59, verdict: .ok, text: "this machine's clock is 59 s behind the server's"),
        Case(seconds: 60, verdict: .warning, text: "this machine's clock is 60 s ahead of the server's"),
        Case(seconds: -299, verdict: .warning, text: "this machine's clock is 299 s behind the server's"),
        Case(seconds: 300, verdict: .failed(.other), text: "this machine's clock is 300 s ahead of the server's"),
        Case(seconds: -3600, verdict: .failed(.other), text: "this machine's clock is 3600 s behind the server's"),
    ])
    func differences(_ item: Case) {
        let found = ClockCheck.item(ahead: .seconds(item.seconds), of: "login.test")
        #expect(found.name == "clock" && found.subject == "login.test")
        #expect(found.verdict == item.verdict && found.text == item.text)
        #expect((found.advice == nil) == (item.verdict == .ok))
    }

    @Test func theDateOfAnAnswerTells() throws {
        let answer = WireResponse(status: 404, headers: [.init("date", "Sat, 21 Nov 2026 13:00:00 GMT")])
        let item = try #require(ClockCheck.item(answer, from: "login.test", now: noon))
        #expect(item.text.contains("3600 s behind") && item.fault == .other)
    }

    @Test(arguments: [[], [WireRequest.Header("Date", "yesterday")]])
    func anAnswerWithoutATimeTellsNothing(_ headers: [WireRequest.Header]) {
        #expect(ClockCheck.item(WireResponse(status: 200, headers: headers), from: "x", now: noon) == nil)
    }
}
