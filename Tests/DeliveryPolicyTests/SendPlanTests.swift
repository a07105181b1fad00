import DeliveryPolicy
import MailModel
import Testing

@Suite struct SendPlanTests {
    private static func plan(
        size: Int64 = 1000, recipients: Int = 1, foreign: Bool = false, _ policy: SendPlan.Unrepresentable = .fallback
    ) -> SendPlan {
        SendPlan(
            for: .init(size: size, recipients: recipients, isUnrepresentable: foreign),
            .init(mimeLimit: 2_200_000, recipientsPerMessage: 500, unrepresentable: policy))
    }

    static let sendable: [(size: Int64, recipients: Int, foreign: Bool, SendPlan.Unrepresentable, rewrite: Bool)] = [
        (1000, 1, false, .fallback, false), (2_200_000, 500, false, .refuse, false), (0, 1, false, .rewrite, false),
        (1000, 1, true, .rewrite, true),
    ]

    @Test(arguments: sendable) func oneRequestCarriesIt(
        size: Int64, recipients: Int, foreign: Bool, policy: SendPlan.Unrepresentable, rewrite: Bool
    ) {
        let plan = Self.plan(size: size, recipients: recipients, foreign: foreign, policy)
        #expect(plan == .mimeRequest(rewriteHeaders: rewrite))
    }

    static let refused: [(SendPlan, Refusal.Cause, words: [String])] = [
        (plan(recipients: 0), .rejected, ["no recipients"]),
        (plan(recipients: 501), .rejected, ["501", "500", "`recipients_per_message`"]),
        (plan(size: 2_200_001), .tooLarge, ["2200001", "2200000", "`mime_limit`", "3MB"]),
        (plan(size: 2_200_001, foreign: true, .rewrite), .tooLarge, ["`mime_limit`"]),
        (plan(foreign: true, .fallback), .unrepresentable, ["envelope", "`unrepresentable: rewrite`"]),
        (plan(foreign: true, .refuse), .unrepresentable, ["envelope", "`unrepresentable: refuse`"]),
    ]

    @Test(arguments: refused) func refusesWithWhatToDo(plan: SendPlan, cause: Refusal.Cause, words: [String]) throws {
        guard case .refuse(let refusal) = plan else {
            Issue.record("not refused: \(plan)")
            return
        }
        #expect(refusal.cause == cause && refusal.scope == .message)
        for word in words { #expect(refusal.text.contains(word)) }
    }
}
