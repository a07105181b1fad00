import MIME
import MailModel
import Testing

@Suite struct MailDateTests {
    static let written: [(Int64, String)] = [
        (1_795_253_400_000, "Sat, 21 Nov 2026 09:30:00 +0000"),
        (0, "Thu, 1 Jan 1970 00:00:00 +0000"),
        (1_709_164_799_999, "Wed, 28 Feb 2024 23:59:59 +0000"),
        (1_709_164_800_000, "Thu, 29 Feb 2024 00:00:00 +0000"),
    ]

    @Test(arguments: written) func writes(_ row: (Int64, String)) {
        #expect(MailDate.format(Timestamp(milliseconds: row.0)) == row.1)
        #expect(MailDate.parse(row.1) == Timestamp(milliseconds: row.0 / 1000 * 1000))
    }

    static let read: [(String, String?)] = [
        ("Sat, 21 Nov 2026 10:30:00 +0100", "2026-11-21 09:30:00"),
        ("Sat, 21 Nov 2026 02:00:00 -0730", "2026-11-21 09:30:00"),
        ("21 Nov 2026 09:30 +0000", "2026-11-21 09:30:00"),
        ("21 Nov 2026 09:30:00", "2026-11-21 09:30:00"),
        ("Sat, 21 Nov 2026 09:30:00 GMT", "2026-11-21 09:30:00"),
        ("Sat, 21 Nov 2026 04:30:00 EST", "2026-11-21 09:30:00"),
        ("Sat, 21 Nov 2026 09:30:00 -0000 (a comment)", "2026-11-21 09:30:00"),
        ("sat, 21 NOV 2026 09:30:00 z", "2026-11-21 09:30:00"),
        ("Sat , 21 November 26 09 : 30 : 00 UT", "2026-11-21 09:30:00"),
        ("Fri, 21 Nov 97 09:55:06 -0600", "1997-11-21 15:55:06"),
        ("Fri, 21 Nov 126 09:30:00 +0000", "2026-11-21 09:30:00"),
        ("Sat, 31 Dec 2016 23:59:60 +0000", "2017-01-01 00:00:00"),
        ("Sat, 21 Nov 2026", nil),
        ("Sat, 31 Nov 2026 09:30:00 +0000", nil),
        ("21 Foo 2026 09:30:00 +0000", nil),
        ("21 Nov 20265 09:30:00 +0000", nil),
        ("21 Nov 2026 25:30:00 +0000", nil),
        ("21 Nov 2026 09-30 +0000", nil),
        ("yesterday", nil),
        ("", nil),
    ]

    @Test(arguments: read) func reads(_ row: (String, String?)) {
        #expect(MailDate.parse(row.0) == row.1.flatMap { Timestamp($0) })
    }
}
