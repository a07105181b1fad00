import MailModel
import Testing

@testable import GraphProtocol

@Suite struct TokenFailureTests {
    static let causes: [(TokenFailure.Kind, Refusal.Cause)] = [
        (.transient, .unavailable), (.backOffMinutes, .unavailable), (.operator, .unauthorized),
        (.newAssertionOnce, .unauthorized),
    ]

    @Test(arguments: causes) func theRouteWaits(_ kind: TokenFailure.Kind, _ cause: Refusal.Cause) {
        let failure = TokenFailure(
            kind: kind, status: 400, error: "e", codes: [1, 2], text: "words", explanation: "why", correlationID: "c")
        #expect(
            failure.refusal
                == Refusal(scope: .route, cause: cause, status: 400, code: "AADSTS1", text: "words", requestID: "c"))
    }

    @Test func theErrorWordStandsInForTheNumber() {
        #expect(
            TokenFailure(kind: .operator, error: "invalid_client", text: "", explanation: "").code == "invalid_client")
        #expect(TokenFailure(kind: .operator, text: "", explanation: "").code == nil)
    }

    @Test func aTokenRefusedAtOnceIsAnOperatorsMatter() {
        let failure = TokenFailure.refusedAtOnce("Invalid audience for Bearer abcdefghijklmnop0123")
        #expect(failure.kind == .operator)
        #expect(failure.status == 401)
        #expect(failure.text == "Invalid audience for Bearer ***")
        #expect(failure.refusal.cause == .unauthorized)
        #expect(!failure.explanation.isEmpty)
    }
}
