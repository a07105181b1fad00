import MailModel
import Testing

@testable import M365Emulator

struct IdentifierTests {
    @Test func theSameSeedMakesTheSameIds() {
        var (first, second) = (SeededGenerator(seed: 7), SeededGenerator(seed: 7))
        #expect(first.guid() == second.guid())
        #expect(first.name(20) == second.name(20))
        var other = SeededGenerator(seed: 8)
        #expect(first.guid() != other.guid())
    }

    @Test func aGUIDIsOfVersionFour() throws {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<50 {
            let parts = random.guid().split(separator: "-")
            #expect(parts.map(\.count) == [8, 4, 4, 4, 12])
            #expect(parts[2].first == "4")
            #expect("89ab".contains(try #require(parts[3].first)))
        }
    }
}

struct DateFormatTests {
    static let moment = Timestamp(secondsSince1970: 784_111_777)

    @Test func writesAMomentAsEachSideDoes() {
        #expect(Self.moment.httpDate == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(Self.moment.mailDate == "Sun, 06 Nov 1994 08:49:37 +0000")
        #expect(Self.moment.graphDate == "1994-11-06T08:49:37Z")
        #expect(Self.moment.errorDate == "1994-11-06T08:49:37")
        #expect(Self.moment.entraDate == "1994-11-06 08:49:37Z")
    }

    @Test(arguments: [(0.0, 0), (0.001, 1), (1.0, 1), (1.2, 2)]) func roundsUp(seconds: Double, whole: Int64) {
        #expect(Duration(fractionalSeconds: seconds).roundedUpSeconds == whole)
    }
}
