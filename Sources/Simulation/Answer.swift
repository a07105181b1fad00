import EmailLog
import MailModel
import Postern
import SMTPProtocol

/// What a path makes of Microsoft's answer, or of none.
struct Answer {
    let request: Microsoft.Request
    let isUnrepresentable: Bool

    init(_ request: Microsoft.Request, isUnrepresentable: Bool) {
        self.request = request
        self.isUnrepresentable = isUnrepresentable
    }

    var delivery: Delivery {
        if isUnrepresentable, request.fault?.isLocal != true { return Delivery(fallingBackFor: Self.unrepresentable) }
        let refusal = request.fault?.refusal(request.place.path)
        guard let fault = request.fault, let refusal else {
            return Delivery(.accepted(receipt), isAttempt: true, cost: cost)
        }
        switch fault {
        case .noToken: return Delivery(.deferred(refusal, retryAfter: nil), isAttempt: false)
        case .noConnection: return Delivery(.deferred(refusal, retryAfter: nil), isAttempt: true)
        case .busy, .unauthorized, .throttled, .throttledVaguely, .misconfigured, .quota, .deferred:
            return Delivery(.deferred(refusal, retryAfter: request.retryAfter), isAttempt: true, cost: cost)
        case .rejected: return Delivery(.rejected(refusal), isAttempt: true, cost: cost)
        case .mixed: return mixed(refusal)
        case .lostAnswer, .lostRequest: return Delivery(.unknown(refusal), isAttempt: true, cost: cost)
        }
    }

    static let unrepresentable = Refusal(scope: .message, cause: .unrepresentable, text: "this path cannot carry it")

    private var receipt: Receipt { Receipt(status: request.place.path == .graph ? 202 : 250) }

    private var cost: AttemptRecord.Cost {
        AttemptRecord.Cost(recipients: request.message.envelope.recipients.count, bytes: request.message.size)
    }

    /// The first of the refused is refused for good, the others are put off.
    private func mixed(_ refusal: Refusal) -> Delivery {
        let people = request.message.envelope.recipients
        let rejected = Array(request.refused.prefix(1))
        let deferred = Array(request.refused.dropFirst())
        let taken = people.filter { !request.refused.contains($0) }
        var final = refusal
        (final.scope, final.cause, final.text) = (.recipient, .rejected, "no such user")
        let groups = [
            SubmissionAnswer.RecipientGroup(recipients: rejected, outcome: .rejected(final)),
            SubmissionAnswer.RecipientGroup(recipients: deferred, outcome: .deferred(refusal, retryAfter: nil)),
            SubmissionAnswer.RecipientGroup(recipients: taken, outcome: .accepted(receipt)),
        ]
        return Delivery(groups.filter { !$0.recipients.isEmpty }, cost: cost)
    }
}
