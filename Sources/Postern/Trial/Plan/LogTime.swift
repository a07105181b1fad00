import MailModel

/// The time stamps that logs begin their lines with.
struct LogTime: Hashable, Sendable {
    let moment: Timestamp
    /// It was written with its zone, so it is UTC.
    let hasZone: Bool

    /// `2026-11-21T16:17:03.123456+01:00` (RFC 3339), also with a blank for the `T`, without colon in the zone, without
    /// fraction or zone; `2026-11-21 16:17:03 +0100` is for the caller to join.
    init?(iso text: some StringProtocol) {
        let octets = Array(text.utf8)
        guard octets.count >= 19, "T t".utf8.contains(octets[10]), octets[4] == UInt8(ascii: "-"),
            octets[13] == UInt8(ascii: ":")
        else { return nil }
        let fields = [0..<4, 5..<7, 8..<10, 11..<13, 14..<16, 17..<19].map { Self.number(octets[$0]) }
        guard !fields.contains(nil) else { return nil }
        let known = fields.compactMap(\.self)
        var rest = octets[19...]
        let milliseconds = Self.fraction(&rest)
        guard let offset = Self.offset(rest) else { return nil }
        let date = CalendarDate(
            year: known[0], month: known[1], day: known[2], hour: known[3], minute: known[4], second: known[5],
            millisecond: milliseconds)
        guard let local = date.timestamp else { return nil }
        moment = local - .seconds(offset.seconds)
        hasZone = offset.isGiven
    }

    /// `Nov 21 16:17:03` (RFC 3164 §4.1.2), which has neither year nor zone: the last such moment that is at most a day
    /// after `reference`.
    init?(month: some StringProtocol, day: some StringProtocol, time: some StringProtocol, reference: Timestamp) {
        let clock = time.utf8.split(separator: UInt8(ascii: ":")).map { Self.number($0) }
        guard let month = Self.months.firstIndex(of: month.lowercased()), let day = Int(day), clock.count == 3,
            let hour = clock[0], let minute = clock[1], let second = clock[2]
        else { return nil }
        let last = CalendarDate(reference).year
        let moments = [last + 1, last, last - 1, last - 2, last - 3, last - 4].lazy.compactMap { year in
            CalendarDate(year: year, month: month + 1, day: day, hour: hour, minute: minute, second: second).timestamp
        }
        guard let moment = moments.first(where: { $0 <= reference + .seconds(86_400) }) else { return nil }
        self.moment = moment
        hasZone = false
    }

    private static let months = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]

    private static func number(_ octets: some Collection<UInt8>) -> Int? {
        guard !octets.isEmpty, octets.count <= 9 else { return nil }
        return octets.reduce(Optional(0)) { sum, octet in
            0x30...0x39 ~= octet ? sum.map { $0 * 10 + Int(octet - 0x30) } : nil
        }
    }

    /// Milliseconds, of any number of digits.
    private static func fraction(_ rest: inout ArraySlice<UInt8>) -> Int {
        guard rest.first == UInt8(ascii: ".") || rest.first == UInt8(ascii: ",") else { return 0 }
        let digits = rest.dropFirst().prefix { 0x30...0x39 ~= $0 }
        rest = rest.dropFirst(digits.count + 1)
        let three = digits.prefix(3) + Array(repeating: 0x30, count: max(0, 3 - digits.count))
        return number(three) ?? 0
    }

    /// East of Greenwich; nothing at all is none, anything else no time.
    private static func offset(_ rest: ArraySlice<UInt8>) -> (seconds: Int, isGiven: Bool)? {
        if rest.isEmpty { return (0, false) }
        if rest.elementsEqual("Z".utf8) || rest.elementsEqual("z".utf8) { return (0, true) }
        let digits = rest.dropFirst().filter { $0 != UInt8(ascii: ":") }
        guard digits.count == 4, let number = number(digits) else { return nil }
        let seconds = number / 100 * 3600 + number % 100 * 60
        switch rest.first {
        case UInt8(ascii: "+"): return (seconds, true)
        case UInt8(ascii: "-"): return (-seconds, true)
        default: return nil
        }
    }
}
