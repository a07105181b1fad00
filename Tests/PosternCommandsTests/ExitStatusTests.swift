import EmailLog
import GraphProtocol
import MailModel
import Postern
import Testing

@testable import PosternCommands

/// Swift Testing has an `ExitStatus` of its own.
typealias CommandStatus = PosternCommands.ExitStatus

/// Scripts rely on these numbers.
@Suite struct ExitStatusTests {
    @Test func numbersAreSysexits() {
        let all: [CommandStatus] = [
            .success, .failure, .usage, .noSuchMessage, .unavailable, .tryAgainLater, .refused, .configuration,
        ]
        #expect(all.map(\.rawValue) == [0, 1, 64, 66, 69, 75, 77, 78])
    }

    static let store: [(EmailLogError, CommandStatus)] = [
        (.missingDirectory("/x"), .configuration), (.notWritable(path: "/x", reason: "read-only"), .configuration),
        (.notADatabase(path: "/x"), .configuration), (.newerSchema(path: "/x"), .configuration),
        (.inUse(path: "/x", by: 7), .unavailable), (.noSuchMessage(QueueID(rawValue: "a")), .noSuchMessage),
        (.bodyMissing(QueueID(rawValue: "a")), .noSuchMessage), (.diskFull("x"), .tryAgainLater),
        (.busy, .tryAgainLater),
        (.wrongStatus(QueueID(rawValue: "a"), .sent), .failure),
    ]

    @Test(arguments: store) func ofTheStore(_ error: EmailLogError, _ status: CommandStatus) {
        #expect(error.exitStatus == status)
    }

    @Test(arguments: [
        (GatewayError.configuration("x"), CommandStatus.configuration), (.unavailable("x"), .unavailable),
    ])
    func ofTheGateway(_ error: GatewayError, _ status: CommandStatus) { #expect(error.exitStatus == status) }

    @Test(arguments: [
        (TokenFailure.Kind.operator, CommandStatus.refused), (.newAssertionOnce, .refused), (.transient, .unavailable),
        (.backOffMinutes, .tryAgainLater),
    ])
    func ofATokenRequest(_ kind: TokenFailure.Kind, _ status: CommandStatus) {
        #expect(TokenFailure(kind: kind, text: "", explanation: "").exitStatus == status)
    }

    @Test(arguments: [
        (Outcome.accepted(Receipt(status: 202)), CommandStatus.success),
        (.rejected(Refusal(scope: .message, cause: .rejected, text: "")), .failure),
        (.rejected(Refusal(scope: .message, cause: .tooLarge, text: "")), .failure),
        (.deferred(Refusal(scope: .mailbox, cause: .throttled, text: ""), retryAfter: nil), .tryAgainLater),
        (.deferred(Refusal(scope: .mailbox, cause: .quota, text: ""), retryAfter: nil), .tryAgainLater),
        (.deferred(Refusal(scope: .route, cause: .unavailable, text: ""), retryAfter: nil), .unavailable),
        (.deferred(Refusal(scope: .route, cause: .unauthorized, text: ""), retryAfter: nil), .refused),
        (.deferred(Refusal(scope: .mailbox, cause: .misconfigured, text: ""), retryAfter: nil), .refused),
        (.unknown(Refusal(scope: .message, cause: .unavailable, text: "")), .failure),
    ])
    func ofASend(_ outcome: Outcome, _ status: CommandStatus) { #expect(outcome.exitStatus == status) }
}
