import MailModel
import Testing

@testable import DeliveryPolicy

@Suite struct FallbackRuleTests {
    typealias Condition = FallbackRule.Condition

    @Test func theDefaultIsTheContracts() {
        #expect(
            FallbackRule() == FallbackRule(on: [.unavailable, .unauthorized, .unrepresentable], after: .seconds(120)))
        #expect(Condition.allCases.map(\.rawValue) == ["unavailable", "unauthorized", "unrepresentable", "throttled"])
    }

    static func condition(closing cause: Refusal.Cause) -> Condition? {
        switch cause {
        case .unavailable: .unavailable
        case .unauthorized: .unauthorized
        case .throttled: .throttled
        case .quota, .misconfigured, .rejected, .tooLarge, .unrepresentable, .malfunction: nil
        }
    }

    @Test(arguments: Refusal.Cause.allCases) func movesForItsConditionsAlone(cause: Refusal.Cause) {
        let trouble = Trouble(reason: refusal(cause), since: 10, until: nil)
        for condition in Condition.allCases {
            let moment = FallbackRule(on: [condition], after: .seconds(30)).diversion(from: trouble)
            #expect(moment == (condition == Self.condition(closing: cause) ? 40 : nil))
        }
        #expect(FallbackRule(on: [], after: .zero).diversion(from: trouble) == nil)
    }
}
