import MailModel
import Testing

@testable import GraphProtocol

/// Requests whose answer never came, or broke off.
@Suite struct GraphLostAnswerTests {
    /// Stage, then the answer with nothing or half of the body sent, and with all of it sent.
    static let failures: [(WireFailure.Stage, String, String)] = [
        (.resolve, "deferred route unavailable", "unknown route unavailable"),
        (.connect, "deferred route unavailable", "unknown route unavailable"),
        (.tls, "deferred route unavailable", "unknown route unavailable"),
        (.transfer, "deferred route unavailable", "unknown route unavailable"),
        (.timeout, "deferred route unavailable", "unknown route unavailable"),
        (.source, "deferred message malfunction", "unknown message malfunction"),
        (.cancelled, "deferred message unavailable", "unknown message unavailable"),
    ]

    @Test(arguments: failures) func failure(_ stage: WireFailure.Stage, _ before: String, _ after: String) {
        for progress in WireFailure.BodyProgress.allCases {
            let failure = WireFailure(stage: stage, bodyProgress: progress, text: "reset\r\nby peer")
            let answer = GraphAnswer.read(failure, now: rfcMoment)
            #expect(GraphAnswerTests.word(answer) == (progress == .complete ? after : before))
            guard case .outcome(let outcome) = answer else { continue }
            #expect(outcome.refusal?.text == "reset by peer")
            #expect(outcome.refusal?.status == nil)
        }
    }

    @Test func everyStageIsTested() {
        #expect(Self.failures.map(\.0) == WireFailure.Stage.allCases)
    }

    static let broken: [(Int, WireFailure.BodyProgress, String)] = [
        (202, .complete, "accepted"), (200, .complete, "unknown message unavailable"),
        (204, .complete, "unknown message unavailable"), (200, .partial, "unknown message unavailable"),
        (429, .partial, "deferred mailbox throttled"), (413, .partial, "rejected message tooLarge"),
        (401, .none, "unauthenticated route unauthorized"), (503, .complete, "deferred route unavailable"),
        (504, .complete, "unknown route unavailable"), (500, .partial, "deferred message unavailable"),
        (400, .complete, "deferred message unavailable"),
    ]

    @Test(arguments: broken)
    func answerThatBrokeOff(_ status: Int, _ progress: WireFailure.BodyProgress, _ expected: String) {
        let seen = answer(status, "{\"error\":{\"co", [("Retry-After", "7")])
        let failure = WireFailure(stage: .transfer, bodyProgress: progress, seen: seen, text: "stream error")
        let found = GraphAnswer.read(failure, now: rfcMoment)
        #expect(GraphAnswerTests.word(found) == expected)
        if case .outcome(.deferred(_, let wait)) = found { #expect(wait == .seconds(7)) }
    }

    @Test func whatFailedIsSaidWithoutCredentials() {
        let failure = WireFailure(
            stage: .connect, bodyProgress: .none, text: "proxy said: Authorization: Bearer abcdefghijklmnop0123")
        guard case .outcome(let outcome) = GraphAnswer.read(failure, now: rfcMoment) else { return }
        #expect(outcome.refusal?.text == "proxy said: Authorization: Bearer ***")
    }
}
