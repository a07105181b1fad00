import MailModel
import Testing

@testable import SMTPProtocol

/// The meaning of every refusal that is known, and of those that are not.
@Suite struct ReplyRuleTests {
    @Test(arguments: KnownReplies.all)
    func row(_ phase: ClientPhase, _ line: String, _ meaning: String) {
        #expect(word(SubmissionAnswer.verdict(on: reply(line), at: phase)) == meaning)
    }

    /// Two wordings, wherever they are said.
    @Test(arguments: ["STOREDRV.ClientSubmit; sender thread limit exceeded", "Concurrent connections limit exceeded."])
    func theConcurrencyLimitIsOneMailboxs(_ text: String) {
        for phase in ClientPhase.allCases {
            for code in [421, 432, 450, 554] {
                let meaning = word(SubmissionAnswer.verdict(on: reply("\(code) 4.3.2 \(text)"), at: phase))
                #expect(meaning == "deferred mailbox throttled", "\(code) at \(phase)")
            }
        }
    }

    @Test func everyRowIsTested() {
        let reached = KnownReplies.all.map { row in
            let said = SaidRefusal(reply(row.line))
            return ReplyRule.all.firstIndex { $0.phases.contains(row.phase) && $0.fits(said) }
        }
        for (index, rule) in ReplyRule.all.enumerated() {
            #expect(reached.contains(index), "\(rule.codes) \(rule.statuses) \(rule.words)")
        }
    }

    /// Before a message is offered, no refusal can be about it.
    @Test(arguments: [400, 421, 432, 450, 454, 499, 500, 530, 535, 550, 554, 599])
    func nothingIsFinalBeforeMail(_ code: Int) {
        for phase in [ClientPhase.greeting, .hello, .startTLS, .handshake, .authentication, .ready, .quit, .over] {
            let meaning = word(SubmissionAnswer.verdict(on: Reply(code), at: phase))
            #expect(meaning.hasPrefix("deferred") || meaning.hasPrefix("unauthenticated"), "\(code) at \(phase)")
        }
    }

    @Test("Pitfall 30: every 4yz is tried again, after DATA as well") func everyRefusalMeansSomethingEverywhere() {
        for phase in ClientPhase.allCases {
            for code in 400...599 {
                let outcome = SubmissionAnswer.outcome(of: Reply(code), at: phase)
                if code < 500 { #expect(outcome.word == "deferred", "\(code) at \(phase)") }
                #expect(outcome.refusal?.status == code)
            }
        }
    }

    @Test("Pitfall 25: a quota in words of a bounce") func aQuotaDefersAlthoughItsCodeIsFinal() {
        let quota = reply("554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException")
        #expect(word(SubmissionAnswer.outcome(of: quota, at: .endOfData)) == "deferred mailbox quota")
    }

    @Test func wordsAreComparedWithoutCase() {
        #expect(
            word(SubmissionAnswer.outcome(of: reply("554 5.2.0 SENDASDENIED"), at: .endOfData)).hasPrefix("rejected"))
        #expect(
            word(SubmissionAnswer.outcome(of: reply("554 5.2.2 MAILBOX FULL"), at: .endOfData))
                == "deferred mailbox misconfigured")
    }

    static let details: [(String, Int, String?, String)] = [
        ("550 5.1.1 No such user", 550, "5.1.1", "No such user"),
        ("550 4.3.2 Mixed up", 550, "4.3.2", "4.3.2 Mixed up"),
        ("550 No code", 550, nil, "No code"),
        ("550", 550, nil, "550 without an explanation"),
        ("550-5.1.1 Two\r\n550 5.1.1 \u{7}lines", 550, "5.1.1", "Two lines"),
        ("550 \(String(repeating: "x", count: 1200))", 550, nil, String(repeating: "x", count: 1000)),
    ]

    @Test(arguments: details)
    func refusal(_ line: String, _ status: Int, _ code: String?, _ text: String) {
        let refusal = SubmissionAnswer.outcome(of: reply(line), at: .endOfData).refusal
        #expect(refusal?.status == status)
        #expect(refusal?.code == code)
        #expect(refusal?.text == text)
    }
}
