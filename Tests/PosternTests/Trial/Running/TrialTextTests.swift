import DeliveryPolicy
import MailModel
import Testing

@testable import Postern

/// What decides whether a trial starts anew.
@Suite struct TrialTextTests {
    private static func text(_ trial: String) throws -> String {
        let route = try TrialServiceTests.route(trial)
        return try #require(route.trial).text(tried: .graph)
    }

    private static let different = [
        "{mode: split, percent: 5}", "{mode: split, percent: 6}", "{mode: shadow, percent: 5}",
        "{mode: shadow, percent: 5, shadow: draft}", "{mode: shadow, percent: 5, shadow: a@contoso.com}",
        "{mode: split, ramp: {steps: [5, 25], over: 7d}}", "{mode: split, ramp: {steps: [5, 25], over: 8d}}",
        "{mode: split, percent: 5, senders: [a@contoso.com]}", "{mode: split, percent: 5, recipients: [contoso.com]}",
        "{mode: split, percent: 5, priority: bulk}", "{mode: split, percent: 5, rollback: {when: failed > 2% of 50}}",
        "{mode: split, percent: 5, rollback: {when: failed > 2% of 50, to: 1}}",
    ]

    @Test func eachDifferenceThatMattersShows() throws {
        #expect(Set(try Self.different.map(Self.text)).count == Self.different.count)
        let route = try TrialServiceTests.route(Self.different[0])
        #expect(route.trial?.text(tried: .smtp) != route.trial?.text(tried: .graph))
    }

    static let alike = [
        ("{mode: split, percent: 5, priority: [bulk, high]}", "{mode: split, percent: 5%, priority: [high, bulk]}"),
        ("{mode: split, percent: 5, tolerance: 1}", "{mode: split, percent: 5.0}"),
        ("{mode: split, percent: 5, shadow: draft}", "{mode: split, percent: 5}"),
    ]

    @Test(arguments: alike) func whatMattersNotDoesNot(_ one: String, _ other: String) throws {
        #expect(try Self.text(one) == Self.text(other))
    }
}
