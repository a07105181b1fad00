import MailModel
import Testing

@testable import DeliveryPolicy

@Suite struct PathPairTests {
    @Test func holdsOneForEachPath() {
        var pair = PathPair { $0.rawValue }
        #expect(pair[.graph] == "graph" && pair[.smtp] == "smtp" && pair.all == ["graph", "smtp"])
        pair[.smtp] += "!"
        #expect(pair.all == ["graph", "smtp!"])
        pair[.graph] = ""
        #expect(pair.all == ["", "smtp!"])
        #expect(pair != PathPair { $0.rawValue })
    }
}
