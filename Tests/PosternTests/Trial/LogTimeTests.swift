import MailModel
import Testing

@testable import Postern

@Suite struct LogTimeTests {
    @Test(arguments: [
        ("2026-11-21T16:17:03Z", "2026-11-21 16:17:03.000", true),
        ("2026-11-21T16:17:03.123456+01:00", "2026-11-21 15:17:03.123", true),
        ("2026-11-21T16:17:03.5-0530", "2026-11-21 21:47:03.500", true),
        ("2026-11-21 16:17:03", "2026-11-21 16:17:03.000", false),
        ("2026-11-21T00:10:00+0100", "2026-11-20 23:10:00.000", true),
        ("2026-11-21 16:17:03,042", "2026-11-21 16:17:03.042", false),
        ("2024-02-29t16:17:03z", "2024-02-29 16:17:03.000", true),
    ])
    func isoTimes(_ text: String, _ moment: String, _ hasZone: Bool) throws {
        let time = try #require(LogTime(iso: text))
        #expect(time.moment.description == moment && time.hasZone == hasZone)
    }

    @Test(arguments: [
        "", "2026-11-21", "2026-11-21T16:17", "2026-13-21T16:17:03Z", "2026-02-30T16:17:03Z", "2026-11-21T25:17:03Z",
        "2026-11-21T16:17:03 Z", "2026-11-21T16:17:03+1", "2026-11-21T16:17:03x0100", "26-11-21T16:17:03Zxxxxx",
        "abcd-11-21T16:17:03Z",
    ])
    func otherTextsAreNone(_ text: String) { #expect(LogTime(iso: text) == nil) }

    @Test(arguments: [
        ("Nov", "21", "16:17:03", "2026-11-21 16:17:03.000"), ("Nov", "22", "16:00:00", "2026-11-22 16:00:00.000"),
        ("Nov", "23", "16:17:03", "2025-11-23 16:17:03.000"), ("Dec", "31", "23:59:59", "2025-12-31 23:59:59.000"),
        ("Jan", "1", "00:00:00", "2026-01-01 00:00:00.000"), ("FEB", "29", "12:00:00", "2024-02-29 12:00:00.000"),
    ])
    func theYearIsTheLastThatWasPossible(_ month: String, _ day: String, _ clock: String, _ moment: String) throws {
        let reference = try #require(Timestamp("2026-11-21 17:00"))
        let time = try #require(LogTime(month: month, day: day, time: clock, reference: reference))
        #expect(time.moment.description == moment && !time.hasZone)
    }

    @Test(arguments: [
        ("Nov", "31", "16:17:03"), ("Nov", "x", "16:17:03"), ("Nov", "1", "16:17"), ("Now", "1", "16:17:03"),
        ("Nov", "1", "16:17:99"),
    ])
    func noSuchTime(_ month: String, _ day: String, _ clock: String) throws {
        let reference = try #require(Timestamp("2026-11-21 17:00"))
        #expect(LogTime(month: month, day: day, time: clock, reference: reference) == nil)
    }
}
