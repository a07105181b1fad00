// Dates in message headers (RFC 5322 §3.3, obsolete forms of §4.3): `Sat, 21 Nov 2026 09:30:00 +0000`.

package import MailModel

package enum MailDate {
    /// In UTC.
    package static func format(_ moment: Timestamp) -> String {
        let date = CalendarDate(moment)
        // Its text has the time where this one needs it.
        let time = moment.description.utf8.dropFirst(11).prefix(8)
        return
            "\(weekdays[date.weekday]), \(date.day) \(monthNames[date.month - 1]) \(date.year.padded(4)) \(Substring(time)) +0000"
    }

    /// `nil` where it is no date. The day of the week is neither needed nor compared; an unknown zone counts as UTC.
    package static func parse(_ text: some StringProtocol) -> Timestamp? {
        let tokens = HeaderLexer.tokens(of: Array(text.utf8), specials: ",:")
            .filter { $0.kind != .comment && !$0.isSpecial(",") }
        let words = tokens.map { String(decoding: $0.text, as: UTF8.self).lowercased() }
        guard let start = words.firstIndex(where: { $0.utf8.first?.isDigit == true }), start <= 1 else { return nil }
        let fields = words[start...]
        guard fields.count >= 6, let day = number(fields[start]),
            let month = months.firstIndex(where: { fields[start + 1].hasPrefix($0) }),
            let year = year(fields[start + 2]), let time = time(fields[(start + 3)...])
        else { return nil }
        let date = CalendarDate(
            year: year, month: month + 1, day: day, hour: time.hour, minute: time.minute, second: time.second)
        return date.timestamp.map { $0 - .seconds(time.offset) }
    }

    private static let monthNames = months.map(\.capitalized)
    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]

    private static func number(_ text: String) -> Int? {
        text.utf8.allSatisfy(\.isDigit) && text.utf8.count <= 4 ? Int(text) : nil
    }

    /// Two digits up to 49 mean this century, other short years the last one (RFC 5322 §4.3).
    private static func year(_ text: String) -> Int? {
        guard let year = number(text) else { return nil }
        switch text.utf8.count {
        case 2: return year < 50 ? year + 2000 : year + 1900
        case 3: return year + 1900
        case 4: return year
        default: return nil
        }
    }

    /// `hh : mm [: ss] [zone]`; the offset is in seconds east of UTC.
    private static func time(_ fields: ArraySlice<String>) -> (hour: Int, minute: Int, second: Int, offset: Int)? {
        let fields = Array(fields)
        guard fields.count >= 3, fields[1] == ":", let hour = number(fields[0]), let minute = number(fields[2]) else {
            return nil
        }
        guard fields.count >= 5, fields[3] == ":" else {
            return (hour, minute, 0, offset(fields.count > 3 ? fields[3] : ""))
        }
        guard let second = number(fields[4]) else { return nil }
        return (hour, minute, second, offset(fields.count > 5 ? fields[5] : ""))
    }

    private static let namedZones = [
        "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
    ]

    private static func offset(_ zone: String) -> Int {
        if let hours = namedZones[zone] { return hours * 3600 }
        guard let sign = zone.first, sign == "+" || sign == "-", zone.utf8.count == 5,
            let digits = number(String(zone.dropFirst()))
        else { return 0 }
        return (sign == "-" ? -1 : 1) * (digits / 100 * 3600 + digits % 100 * 60)
    }
}

extension String {
    fileprivate var capitalized: String { prefix(1).uppercased() + dropFirst() }
}
