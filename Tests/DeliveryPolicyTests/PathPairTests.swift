import MailModel
import Testing

@testable import DeliveryPolicy

@Suite struct PathPairTests {
    @Test func holdsOneForEachPath() {
        var pair = PathPair { $0.rawValue }
        #expect(
            pair[.graph] == "graph" && pair[.smtp] == "smtp" && Path.allCases.map { pair[$0] } == ["graph", "smtp"])
        pair[.smtp] += "!"
        #expect(Path.allCases.map { pair[$0] } == ["graph", "smtp!"])
        pair[.graph] = ""
        #expect(Path.allCases.map { pair[$0] } == ["", "smtp!"])
        #expect(pair != PathPair { $0.rawValue })
    }
}
