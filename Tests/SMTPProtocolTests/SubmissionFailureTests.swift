import MailModel
import SMTPProtocol
import Testing

/// What the end of a session means: every reason in every phase.
@Suite struct SubmissionFailureTests {
    private static let reasons: [String: ClientFailure.Reason] = [
        "later": .refused(reply("450 4.0.0 Later")),
        "no": .refused(reply("550 5.0.0 No")),
        "421": .refused(reply("421 4.4.2 Bye")),
        "4.3.2": .refused(reply("421 4.3.2 Concurrent connections limit exceeded.")),
        "535": .authenticationRefused(reply("535 5.7.3 Authentication unsuccessful"), challenge: "{}"),
        "no TLS": .tlsNotOffered,
        "injected": .plaintextInjected,
        "no AUTH": .mechanismNotOffered(["PLAIN"]),
        "malformed": .malformedReply("nonsense"),
        "unexpected": .unexpectedReply(reply("354 go")),
        "timeout": .timeout,
        "closed": .connectionClosed,
        "body": .bodyFailed,
    ]

    /// The same whatever the phase, where nothing is in the next table.
    private static let anywhere: [String: String] = [
        "later": "deferred route unavailable",
        "no": "deferred route unavailable",
        "421": "deferred route unavailable",
        "4.3.2": "deferred mailbox throttled",
        "535": "unauthenticated mailbox unauthorized",
        "no TLS": "deferred route misconfigured",
        "injected": "deferred route misconfigured",
        "no AUTH": "deferred route misconfigured",
        "malformed": "deferred route unavailable",
        "unexpected": "deferred route unavailable",
        "timeout": "deferred route unavailable",
        "closed": "deferred route unavailable",
        "body": "deferred message malfunction",
    ]

    private static let inPhase: [ClientPhase: [String: String]] = [
        .greeting: ["no": "deferred route misconfigured"],
        .hello: ["no": "deferred route misconfigured"],
        .startTLS: ["no": "deferred route misconfigured"],
        .authentication: ["no": "deferred route unauthorized"],
        .body: ["no": "rejected message rejected", "later": "deferred message unavailable"],
        .endOfData: [
            "no": "rejected message rejected", "later": "deferred message unavailable",
            "malformed": "unknown route unavailable", "unexpected": "unknown route unavailable",
            "timeout": "unknown route unavailable", "closed": "unknown route unavailable",
        ],
    ]

    static let cells = ClientPhase.allCases.flatMap { phase in reasons.keys.sorted().map { (phase, $0) } }

    @Test(arguments: cells)
    func cell(_ phase: ClientPhase, _ name: String) throws {
        let failure = ClientFailure(phase, try #require(Self.reasons[name]))
        let verdict = SubmissionAnswer.read(failure)
        #expect(word(verdict) == Self.inPhase[phase]?[name] ?? Self.anywhere[name])
        if case .outcome(.unknown) = verdict {
            #expect(failure.isOutcomeUnknown)
        } else {
            #expect(!failure.isOutcomeUnknown)
        }
        #expect(refusalGiven(by: verdict)?.text.isEmpty == false)
    }

    static let sentences: [(ClientFailure, String)] = [
        (ClientFailure(.hello, .tlsNotOffered), "does not offer STARTTLS"),
        (ClientFailure(.hello, .mechanismNotOffered(["PLAIN", "LOGIN"])), "it offers PLAIN, LOGIN."),
        (ClientFailure(.hello, .mechanismNotOffered([])), "it offers none."),
        (ClientFailure(.mail, .connectionClosed), "The connection was lost at MAIL."),
        (ClientFailure(.endOfData, .timeout), "The server did not answer in time after the end of the content."),
        (ClientFailure(.recipients, .malformedReply("non\u{1B}[31msense")), "at RCPT: non [31msense"),
        (ClientFailure(.mail, .unexpectedReply(reply("354 go"))), "makes no sense at MAIL: 354 go"),
        (ClientFailure(.body, .bodyFailed), "could not be read"),
    ]

    @Test(arguments: sentences)
    func sentence(_ failure: ClientFailure, _ words: String) throws {
        let refusal = try #require(refusalGiven(by: SubmissionAnswer.read(failure)))
        #expect(refusal.text.contains(words), "\(refusal.text)")
        #expect(refusal.status == nil)
    }

    /// A server that repeats what it was told must not bring a password into the log.
    @Test func nothingSaidAtAuthIsQuoted() throws {
        for reason in [ClientFailure.Reason.malformedReply("c2VjcmV0"), .unexpectedReply(reply("334 c2VjcmV0"))] {
            let refusal = try #require(refusalGiven(by: SubmissionAnswer.read(ClientFailure(.authentication, reason))))
            #expect(!refusal.text.contains("c2VjcmV0"))
        }
    }

    @Test func theRefusalKeepsTheServersWords() throws {
        let failure = ClientFailure(
            .authentication,
            .authenticationRefused(
                reply("535 5.7.139 Authentication unsuccessful, disabled for the Tenant."), challenge: nil))
        let refusal = try #require(refusalGiven(by: SubmissionAnswer.read(failure)))
        #expect(refusal.status == 535)
        #expect(refusal.code == "5.7.139")
        #expect(refusal.text == "Authentication unsuccessful, disabled for the Tenant.")
    }
}
