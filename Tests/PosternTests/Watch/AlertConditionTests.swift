import EmailLog
import Testing

@testable import Postern

@Suite struct AlertConditionTests {
    @Test(arguments: [
        ("failed >= 5 in 10m", "failed >= 5 in 10m"), ("failed > 5 in 10m", "failed >= 6 in 10m"),
        ("failed>=5 in 600s", "failed >= 5 in 10m"), ("deferred >= 1 in 1h", "deferred >= 1 in 1h"),
        ("throttled > 0 in 30s", "throttled >= 1 in 30s"), ("fell_back >=2 in 1d", "fell_back >= 2 in 1d"),
        ("unknown >= 3  in  250ms", "unknown >= 3 in 250ms"), ("set_aside >= 1 in 1h", "set_aside >= 1 in 1h"),
        ("queue_age > 15m", "queue_age > 15m"),
        ("queue_age>90s", "queue_age > 90s"), ("token_error", "token_error"), ("trial_rollback", "trial_rollback"),
        (" token_error ", "token_error"),
        ("secret_expires < 30d", "secret_expires < 30d"), ("secret_expires<720h", "secret_expires < 30d"),
        ("quota > 80%", "quota > 80%"), ("quota>99%", "quota > 99%"),
    ])
    func reads(_ text: String, _ normal: String) throws {
        let condition = try #require(AlertCondition(text))
        #expect(condition.description == normal)
        #expect(AlertCondition(normal) == condition)
    }

    @Test(arguments: [
        "", "failed", "failed >= 5", "failed >= 5 in", "failed >= five in 10m", "failed >= 5 in soon",
        "failed >= 5 in 0s", "failed >= 0 in 10m", "failed >= -1 in 10m", "failed < 5 in 10m", "failed = 5 in 10m",
        "failed > = 5 in 10m", "failed >= 5 for 10m", "failed >= 5 in 10m now", "faild >= 5 in 10m",
        "fellback >= 5 in 10m", "queue_age", "queue_age < 15m", "queue_age >= 15m", "queue_age > 15",
        "token_error > 1", "secret_expires > 30d", "secret_expires <", "failed >= 99999999999999999999 in 1m",
        "failed >= 5 in 99999999d", "quota", "quota > 80", "quota >= 80%", "quota < 80%", "quota > 0%", "quota > 100%",
        "quota > x%",
    ])
    func refuses(_ text: String) { #expect(AlertCondition(text) == nil) }

    @Test func aBurstIsGatheredAndAnAgeIsNot() throws {
        let count = try #require(AlertCondition("failed >= 5 in 10m")).pace
        #expect(count.quiet == .seconds(5) && count.patience == .seconds(30) && count.calm == .seconds(600))
        #expect(try #require(AlertCondition("failed >= 5 in 2s")).pace.quiet == .seconds(2))
        let age = try #require(AlertCondition("queue_age > 15m")).pace
        #expect(age.quiet == .zero && age.calm == .seconds(300) && age.closesAtZero)
        #expect(AlertCondition.tokenError.pace.calm == .seconds(60) && !AlertCondition.tokenError.pace.closesAtZero)
    }
}
