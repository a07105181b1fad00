import MailModel
import Testing

@testable import GraphProtocol

@Suite struct HTTPDateTests {
    static func parse(_ text: String, in year: Int = 1994) -> Timestamp? {
        CalendarDate(year: year, month: 6, day: 1).timestamp.flatMap { HTTPDate.parse(Array(text.utf8), now: $0) }
    }

    @Test(arguments: [
        "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
    ]) func theThreeFormsNameOneMoment(_ text: String) {
        #expect(Self.parse(text) == rfcMoment)
    }

    /// The year of asking, the two digits, and the year they mean.
    static let centuries = [
        (1994, "94", 1994), (1994, "44", 2044), (1994, "45", 1945), (1994, "00", 2000), (2026, "26", 2026),
        (2026, "76", 2076), (2026, "77", 1977), (2026, "99", 1999), (2099, "00", 2100), (2099, "49", 2149),
        (2099, "50", 2050),
    ]

    @Test(arguments: centuries) func twoDigits(asked year: Int, _ digits: String, mean expected: Int) {
        let found = Self.parse("Sunday, 06-Nov-\(digits) 08:49:37 GMT", in: year)
        #expect(found.map { CalendarDate($0).year } == expected)
    }

    static let leaps: [(String, Bool)] = [
        ("Thu, 29 Feb 2024 00:00:00 GMT", true), ("Thu, 29 Feb 2023 00:00:00 GMT", false),
        ("Fri, 31 Dec 2027 23:59:60 GMT", true), ("Fri, 31 Dec 2027 23:60:00 GMT", false),
        ("Fri, 00 Dec 2027 23:00:00 GMT", false), ("Fri, 31 Apr 2027 23:00:00 GMT", false),
        ("Fri, 1 Apr 2027 23:00:00 GMT", true), ("Fri, 01 Apr 02027 23:00:00 GMT", false),
        ("Fri, 01 Apr 2027 23:00:0x GMT", false), ("Fri, 01 Apr 2027 :: GMT", false), ("", false),
    ]

    @Test(arguments: leaps) func calendar(_ text: String, has moment: Bool) {
        #expect((Self.parse(text) != nil) == moment)
    }
}
