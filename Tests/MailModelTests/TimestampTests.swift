import MailModel
import Testing

@Suite struct TimestampTests {
    static let table: [(milliseconds: Int64, text: String)] = [
        (0, "1970-01-01 00:00:00.000"),
        (-1, "1969-12-31 23:59:59.999"),
        (951_782_400_000, "2000-02-29 00:00:00.000"),
        (1_709_164_800_123, "2024-02-29 00:00:00.123"),
        (1_735_689_599_999, "2024-12-31 23:59:59.999"),
        (1_795_253_400_007, "2026-11-21 09:30:00.007"),
        (4_102_444_800_000, "2100-01-01 00:00:00.000"),
        (4_107_542_400_000, "2100-03-01 00:00:00.000"),
    ]

    @Test(arguments: table) func writesAndReads(_ row: (milliseconds: Int64, text: String)) {
        let moment = Timestamp(milliseconds: row.milliseconds)
        #expect(moment.description == row.text)
        #expect(Timestamp(row.text) == moment)
    }

    @Test(arguments: [
        ("2026-11-21", "2026-11-21 00:00:00.000"), ("2026-11-21 09:30", "2026-11-21 09:30:00.000"),
        ("2026-11-21T09:30:05", "2026-11-21 09:30:05.000"), ("2026-11-21T09:30:05.250Z", "2026-11-21 09:30:05.250"),
    ])
    func readsShorterForms(_ text: String, _ expected: String) {
        #expect(Timestamp(text)?.description == expected)
    }

    @Test(arguments: [
        "", "now", "2026", "2026-13-01", "2026-02-29", "2026-02-30 00:00:00", "2026-11-21 24:00", "2026-11-21 09",
        "21-11-2026", "2026-11-21 09:30:00.000 and more", "2026-11-21 9:30", "2026-11-21_09:30", "2026-11-21 09:30 UTC",
        "2026-11-21 09:30:00.5", "2026-11-21 09:30:00.12", "2026-11-21Z", "2026-11-21 09:30z", "2026/11/21",
        "+026-11-21",
        "2026-11-21 09:30 ", "२०२६-११-२१",
    ])
    func refuses(_ text: String) { #expect(Timestamp(text) == nil) }

    @Test func everyDayOfFourCenturiesSurvivesTheRoundTrip() {
        for day in stride(from: -25_000 as Int64, to: 120_000, by: 1) {
            let moment = Timestamp(milliseconds: day * 86_400_000)
            let date = CalendarDate(moment)
            #expect(date.timestamp == moment)
            #expect(Int64(date.weekday) == ((day + 4) % 7 + 7) % 7)
        }
    }

    @Test func spansAdd() {
        let moment = Timestamp(secondsSince1970: 100)
        #expect(moment + .seconds(1.5) == Timestamp(milliseconds: 101_500))
        #expect(moment - .milliseconds(1) == Timestamp(milliseconds: 99_999))
        #expect(Timestamp(milliseconds: 101_500) - moment == .milliseconds(1500))
        #expect(Instant.start + .seconds(2) - Instant(.seconds(1)) == .seconds(1))
        #expect(Instant(.seconds(3)) - .seconds(1) > .start)
    }

    @Test(arguments: [(7, 2, "07"), (7, 1, "7"), (123, 2, "123"), (0, 4, "0000")])
    func pads(_ number: Int, _ width: Int, _ expected: String) { #expect(number.padded(width) == expected) }
}
