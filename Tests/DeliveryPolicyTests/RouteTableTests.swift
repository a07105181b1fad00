import MailModel
import Testing

@testable import DeliveryPolicy

@Suite struct RouteTableTests {
    private func table(_ names: [String]) -> RouteTable {
        var table = RouteTable()
        for name in names { table[name] = RouteLanes(RouteLimits()) }
        return table
    }

    @Test func namesStandInOrder() {
        #expect(table(["b", "c", "a", "b"]).names == ["a", "b", "c"])
    }

    @Test func eachIsFoundByItsName() {
        var table = table(["b", "a"])
        table["b"]?.restorePause(on: .smtp, refusal(.throttled), since: 0, until: 9, at: 0)
        #expect(table["b"]?.pathStatus(at: 1).isEmpty == false)
        #expect(table["b"]?.paths[.smtp].breaker.trouble != nil && table["a"]?.paths[.smtp].breaker.trouble == nil)
        #expect(table["c"] == nil)
    }

    @Test func whatIsTakenOutIsGone() {
        var table = table(["b", "a"])
        table["a"] = nil
        #expect(table.names == ["b"] && table["a"] == nil && table["b"] != nil)
    }

    @Test func askingForAnUnknownOneMakesNone() {
        var table = table(["a"])
        table["x"]?.hurry(at: 1)
        table["x"] = nil
        #expect(table.names == ["a"])
    }
}
