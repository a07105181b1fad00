import MailModel
import Testing

@testable import GraphProtocol

@Suite struct RetryAfterTests {
    static let table: [(String, Duration?)] = [
        ("0", .zero), ("1", .seconds(1)), ("10", .seconds(10)), ("  120\t", .seconds(120)), ("007", .seconds(7)),
        ("2.128", .milliseconds(2128)), ("2.1281", .milliseconds(2129)), ("2.1280", .milliseconds(2128)),
        ("0.5", .milliseconds(500)), ("0.0001", .milliseconds(1)), ("1.999999", .seconds(2)), ("3.0", .seconds(3)),
        ("0.04", .milliseconds(40)),
        ("-1", .zero), ("-0.5", .zero),
        ("86399", .seconds(86399)), ("86400", .seconds(86400)), ("86401", .seconds(86400)),
        ("99999999999999999999999", .seconds(86400)), ("86400.5", .seconds(86400)),
        // Dates, ten seconds after the moment of asking, then in the past and far ahead.
        ("Sun, 06 Nov 1994 08:49:47 GMT", .seconds(10)), ("Sunday, 06-Nov-94 08:49:47 GMT", .seconds(10)),
        ("Sun Nov  6 08:49:47 1994", .seconds(10)), ("sun, 06 nov 1994 08:49:47 UTC", .seconds(10)),
        ("Sun, 06 Nov 1994 08:49:37 GMT", .zero), ("Sun, 06 Nov 1994 08:00:00 GMT", .zero),
        ("Fri, 31 Dec 1999 23:59:59 GMT", .seconds(86400)), ("Monday, 07-Nov-94 08:49:36 GMT", .seconds(86399)),
        // Two digits more than 50 years ahead are the last century's.
        ("Sunday, 06-Nov-45 08:49:47 GMT", .zero), ("Sunday, 06-Nov-44 08:49:47 GMT", .seconds(86400)),
        ("", nil), ("   ", nil), ("soon", nil), ("+5", nil), ("1e3", nil), ("1,5", nil), ("1.2.3", nil), (".5", nil),
        ("5.", nil), ("5s", nil), ("--5", nil), ("-", nil), ("0x10", nil), ("١٢", nil), ("10, 20", nil),
        ("Sun, 06 Nov 1994 08:49:47", nil), ("Sun, 06 Nov 1994 08:49:47 PST", nil),
        ("Sun, 06 Nov 94 08:49:47 GMT", nil),
        ("Xyz, 06 Nov 1994 08:49:47 GMT", nil), ("Sun, 31 Feb 1994 08:49:47 GMT", nil),
        ("Sun, 06 Foo 1994 08:49:47 GMT", nil), ("Sun, 06 Nov 1994 25:49:47 GMT", nil),
        ("Sun, 06 Nov 1994 08:49 GMT", nil), ("Sunday, 06-Nov-1994 08:49:47 GMT", nil),
        ("Sun, 06-Nov-94 08:49:47 GMT", nil), ("Sun Nov 6 08:49:47 94", nil), ("1994-11-06T08:49:47Z", nil),
    ]

    @Test("Pitfall 22: Retry-After in all spellings, a day at most", arguments: table) func wait(
        _ text: String, is expected: Duration?
    ) {
        #expect(RetryAfter.parse(text, now: rfcMoment) == expected)
    }

    @Test func datesAreMeasuredFromTheMillisecond() {
        let now = rfcMoment + .milliseconds(250)
        #expect(RetryAfter.parse("Sun, 06 Nov 1994 08:49:39 GMT", now: now) == .milliseconds(1750))
    }

    /// The far side's clock, an hour ahead of ours, counts for its own date; an answer without one is read by ours.
    @Test(arguments: [
        ("Sun, 06 Nov 1994 09:49:37 GMT" as String?, "Sun, 06 Nov 1994 09:49:40 GMT", Duration.seconds(3)),
        ("Sun, 06 Nov 1994 09:49:37 GMT", "7", .seconds(7)), ("nonsense", "Sun, 06 Nov 1994 08:49:40 GMT", .seconds(3)),
        (nil, "Sun, 06 Nov 1994 08:49:40 GMT", .seconds(3)),
        ("Sun, 06 Nov 1994 09:49:37 GMT", "Sun, 06 Nov 1994 08:49:40 GMT", .zero),
    ])
    func datesAreOfTheFarSidesClock(_ date: String?, _ text: String, _ wait: Duration) {
        let headers = [("Retry-After", text)] + (date.map { [("Date", $0)] } ?? [])
        #expect(answer(429, "", headers).retryAfter(now: rfcMoment) == wait)
    }

    @Test("Pitfall 22: no Retry-After leaves the bounds") func arbitraryBytesNeverLeaveTheBounds() {
        var random = SplitMix(state: 20_261_121)
        let alphabet = Array("0123456789.-+, :GMTSunNov\u{0}é")
        for _ in 0..<5000 {
            let text = String(
                (0..<Int.random(in: 0...30, using: &random)).map { _ in
                    alphabet.randomElement(using: &random) ?? "0"
                })
            guard let wait = RetryAfter.parse(text, now: rfcMoment) else { continue }
            #expect(wait >= .zero && wait <= RetryAfter.longest, "\(text)")
        }
    }
}
