import DeliveryPolicy
import MailModel
import Testing

@Suite struct SendPlanTests {
    private static func plan(
        size: Int64 = 1000, recipients: Int = 1, foreign: Bool = false, _ policy: SendPlan.Unrepresentable = .fallback,
        large: SendPlan.Large = .auto, hasSMTP: Bool = false, fallsBack: Bool = true, whole obstacle: String? = nil
    ) -> SendPlan {
        SendPlan(
            for: .init(
                size: size, recipients: recipients, isUnrepresentable: foreign, indecomposable: obstacle),
            .init(
                mimeLimit: 2_200_000, recipientsPerMessage: 500, unrepresentable: policy, large: large,
                hasSMTP: hasSMTP, fallsBackUnrepresentable: fallsBack))
    }

    static let sendable: [(size: Int64, recipients: Int, foreign: Bool, SendPlan.Unrepresentable, rewrite: Bool)] = [
        (1000, 1, false, .fallback, false), (2_200_000, 500, false, .refuse, false), (0, 1, false, .rewrite, false),
        (1000, 1, true, .rewrite, true),
    ]

    @Test(arguments: sendable) func oneRequestCarriesIt(
        size: Int64, recipients: Int, foreign: Bool, policy: SendPlan.Unrepresentable, rewrite: Bool
    ) {
        for hasSMTP in [false, true] {
            let plan = Self.plan(size: size, recipients: recipients, foreign: foreign, policy, hasSMTP: hasSMTP)
            #expect(plan == .mimeRequest(rewriteHeaders: rewrite))
        }
    }

    static let bySMTP: [(SendPlan, Refusal.Cause, words: [String])] = [
        (plan(size: 2_200_001, large: .auto, hasSMTP: true), .tooLarge, ["2200001", "`mime_limit`"]),
        (plan(size: 2_200_001, large: .smtp, hasSMTP: true, fallsBack: false), .tooLarge, ["SMTP"]),
        (plan(size: 2_200_001, foreign: true, .refuse, hasSMTP: true), .tooLarge, ["SMTP"]),
        (plan(size: 2_200_001, large: .upload, hasSMTP: true, whole: "it is signed."), .tooLarge, ["signed", "SMTP"]),
        (plan(size: 2_200_001, foreign: true, large: .upload, hasSMTP: true), .unrepresentable, ["envelope", "SMTP"]),
        (plan(foreign: true, hasSMTP: true), .unrepresentable, ["envelope", "SMTP"]),
        (plan(foreign: true, large: .refuse, hasSMTP: true), .unrepresentable, ["envelope"]),
    ]

    @Test(arguments: bySMTP) func whatGraphDoesNotTakeGoesBySMTP(
        plan: SendPlan, cause: Refusal.Cause, words: [String]
    ) throws {
        guard case .smtp(let refusal) = plan else {
            Issue.record("not by SMTP: \(plan)")
            return
        }
        #expect(refusal.cause == cause && refusal.scope == .message)
        for word in words { #expect(refusal.text.contains(word)) }
    }

    static let refused: [(SendPlan, Refusal.Cause, words: [String])] = [
        (plan(recipients: 0, hasSMTP: true), .rejected, ["no recipients"]),
        (plan(recipients: 501, hasSMTP: true), .rejected, ["501", "500", "`recipients_per_message`"]),
        (
            plan(size: 2_200_001, whole: "it is signed."), .tooLarge,
            ["2200001", "2200000", "`mime_limit`", "3MB", "`smtp:`", "as a draft: it is signed."]
        ),
        (plan(size: 2_200_001, large: .upload, whole: "it is signed."), .tooLarge, ["signed", "`smtp:`"]),
        (plan(size: 2_200_001, foreign: true), .unrepresentable, ["envelope", "`smtp:`"]),
        (plan(size: 2_200_001, large: .smtp), .tooLarge, ["`smtp:`"]),
        (plan(size: 2_200_001, large: .refuse, hasSMTP: true), .tooLarge, ["`large: refuse`", "`large: auto`"]),
        (plan(size: 2_200_001, foreign: true, .rewrite, large: .smtp), .tooLarge, ["`mime_limit`"]),
        (plan(foreign: true, .fallback), .unrepresentable, ["envelope", "`smtp:`", "`unrepresentable: rewrite`"]),
        (plan(foreign: true, .fallback, hasSMTP: true, fallsBack: false), .unrepresentable, ["`fallback.on`"]),
        (
            plan(foreign: true, .refuse, hasSMTP: true), .unrepresentable,
            ["envelope", "`unrepresentable: refuse`", "`unrepresentable: fallback`"]
        ),
    ]

    @Test(arguments: refused) func refusesWithWhatToDo(plan: SendPlan, cause: Refusal.Cause, words: [String]) throws {
        guard case .refuse(let refusal) = plan else {
            Issue.record("not refused: \(plan)")
            return
        }
        #expect(refusal.cause == cause && refusal.scope == .message)
        for word in words { #expect(refusal.text.contains(word)) }
    }

    static let uploads: [(SendPlan, rewrite: Bool)] = [
        (plan(size: 2_200_001), false), (plan(size: 2_200_001, large: .upload), false),
        (plan(size: 2_200_001, large: .upload, hasSMTP: true), false),
        (plan(size: 2_200_001, foreign: true, .rewrite, large: .upload, hasSMTP: true), true),
        (plan(size: 2_200_001, foreign: true, .rewrite), true),
    ]

    @Test(arguments: uploads) func aDraftCarriesIt(plan: SendPlan, rewrite: Bool) {
        #expect(plan == .upload(rewriteHeaders: rewrite))
    }

    @Test(arguments: [
        (SendPlan.Large.auto, 5 as Int64?), (.upload, 5), (.smtp, nil), (.refuse, nil),
    ])
    func saysFromWhereOnItUploads(_ large: SendPlan.Large, above: Int64?) {
        #expect(SendPlan.Policy(mimeLimit: 5, large: large).uploadsAbove == above)
    }
}
