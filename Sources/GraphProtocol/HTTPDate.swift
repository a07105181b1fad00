// The three forms of a date in HTTP (RFC 9110 §5.6.7): IMF-fixdate, and the obsolete forms of RFC 850 and asctime.

package import MailModel

package enum HTTPDate {
    /// `nil` for anything else. The day of the week is not compared.
    package static func parse(_ bytes: [UInt8], now: Timestamp) -> Timestamp? {
        let fields = bytes.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: ",") }
            .map { String(decoding: $0, as: UTF8.self) }
        switch fields.count {
        case 6: return fixdate(fields)
        case 5: return asctime(fields)
        case 4: return rfc850(fields, now)
        default: return nil
        }
    }

    /// `Sun, 06 Nov 1994 08:49:37 GMT`
    private static func fixdate(_ fields: [String]) -> Timestamp? {
        guard isWeekday(fields[0], short: true), isUTC(fields[5]), fields[3].utf8.count == 4 else { return nil }
        return moment(day: fields[1], month: fields[2], year: number(fields[3]), time: fields[4])
    }

    /// `Sun Nov  6 08:49:37 1994`
    private static func asctime(_ fields: [String]) -> Timestamp? {
        guard isWeekday(fields[0], short: true), fields[4].utf8.count == 4 else { return nil }
        return moment(day: fields[2], month: fields[1], year: number(fields[4]), time: fields[3])
    }

    /// `Sunday, 06-Nov-94 08:49:37 GMT`; the year is the one at most 50 years ahead, else behind.
    private static func rfc850(_ fields: [String], _ now: Timestamp) -> Timestamp? {
        let date = fields[1].split(separator: "-").map(String.init)
        guard isWeekday(fields[0], short: false), isUTC(fields[3]), date.count == 3, date[2].utf8.count == 2,
            let short = number(date[2])
        else { return nil }
        let year = fullYear(short, now: CalendarDate(now).year)
        return moment(day: date[0], month: date[1], year: year, time: fields[2])
    }

    private static func fullYear(_ short: Int, now: Int) -> Int {
        let year = now - now % 100 + short
        if year > now + 50 { return year - 100 }
        return year <= now - 50 ? year + 100 : year
    }

    private static func moment(day: String, month: String, year: Int?, time: String) -> Timestamp? {
        let clock = time.split(separator: ":", omittingEmptySubsequences: false).map { number(String($0)) }
        guard clock.count == 3, let hour = clock[0], let minute = clock[1], let second = clock[2],
            let year, let day = number(day), let index = months.firstIndex(of: month.lowercased())
        else { return nil }
        let date = CalendarDate(year: year, month: index + 1, day: day, hour: hour, minute: minute, second: second)
        return date.timestamp
    }

    private static let months = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]
    private static let weekdays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]

    private static func isWeekday(_ text: String, short: Bool) -> Bool {
        weekdays.contains { short ? $0.prefix(3) == text.lowercased() : $0 == text.lowercased() }
    }

    private static func isUTC(_ zone: String) -> Bool { zone == "GMT" || zone == "UTC" }

    private static func number(_ text: String) -> Int? {
        guard 1...4 ~= text.utf8.count, text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
        return Int(text)
    }
}
