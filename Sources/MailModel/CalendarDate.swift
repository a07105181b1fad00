/// Days and times of the proleptic Gregorian calendar in UTC, as `email_log` and message headers write them.
package struct CalendarDate: Hashable, Sendable {
    package var year: Int, month: Int, day: Int
    package var hour = 0, minute = 0, second = 0, millisecond = 0

    package init(
        year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0, millisecond: Int = 0
    ) {
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
        self.millisecond = millisecond
    }

    package init(_ moment: Timestamp) {
        let dayLength: Int64 = 86_400_000
        let (days, rest) = moment.milliseconds.flooredDivision(by: dayLength)
        (year, month, day) = Self.civil(fromDays: Int(days))
        hour = Int(rest / 3_600_000)
        minute = Int(rest / 60_000 % 60)
        second = Int(rest / 1000 % 60)
        millisecond = Int(rest % 1000)
    }

    /// `nil` where a field is out of range, February 30 included.
    package var timestamp: Timestamp? {
        guard 1...12 ~= month, 1...31 ~= day, 0...23 ~= hour, 0...59 ~= minute, 0...60 ~= second else { return nil }
        let days = Self.days(year: year, month: month, day: day)
        guard Self.civil(fromDays: days) == (year, month, day) else { return nil }
        let seconds = Int64(days) * 86400 + Int64(hour * 3600 + minute * 60 + second)
        return Timestamp(milliseconds: seconds * 1000 + Int64(millisecond))
    }

    /// 0 is Sunday.
    package var weekday: Int {
        let days = Int64(Self.days(year: year, month: month, day: day))
        return Int((days + 4).flooredDivision(by: 7).remainder)
    }

    /// Days since 1970-01-01. Years are counted from March, so that the leap day comes last.
    private static func days(year: Int, month: Int, day: Int) -> Int {
        let marchYear = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = marchYear.flooredDivision(by: 400)
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func civil(fromDays days: Int) -> (year: Int, month: Int, day: Int) {
        let (era, dayOfEra) = (days + 719_468).flooredDivision(by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
    }
}

extension BinaryInteger {
    /// Division that rounds down, so that the remainder is never negative.
    fileprivate func flooredDivision(by divisor: Self) -> (quotient: Self, remainder: Self) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}

extension Timestamp: CustomStringConvertible {
    /// `2026-11-21 09:30:00.123`: UTC text that SQLite's date functions understand and that sorts by time.
    package var description: String {
        let date = CalendarDate(self)
        // Several times per message, so without a string for each number.
        var text: [UInt8] = []
        text.reserveCapacity(23)
        text.append(date.year, width: 4)
        text.append("-", date.month, width: 2)
        text.append("-", date.day, width: 2)
        text.append(" ", date.hour, width: 2)
        text.append(":", date.minute, width: 2)
        text.append(":", date.second, width: 2)
        text.append(".", date.millisecond, width: 3)
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads what `description` writes; the time, its seconds, and its milliseconds may be missing, `T` may stand for the
    /// blank, and `Z` behind a time.
    package init?(_ text: String) {
        var text = text
        guard let moment = text.withUTF8({ CalendarDate(written: $0)?.timestamp }) else { return nil }
        self = moment
    }
}

extension CalendarDate {
    /// Of several dates in each row that is read, so without a string for each number.
    fileprivate init?(written text: UnsafeBufferPointer<UInt8>) {
        let bytes =
            text.last == UInt8(ascii: "Z") && text.count > 11 ? UnsafeBufferPointer(rebasing: text.dropLast()) : text
        guard [10, 16, 19, 23].contains(bytes.count) else { return nil }
        for (place, byte) in bytes.enumerated() where !Self.permits(byte, at: place) { return nil }
        func number(_ place: Int, width: Int) -> Int {
            guard place < bytes.count else { return 0 }
            return bytes[place..<place + width].reduce(0) { $0 * 10 + Int($1 - 0x30) }
        }
        self.init(
            year: number(0, width: 4), month: number(5, width: 2), day: number(8, width: 2), hour: number(11, width: 2),
            minute: number(14, width: 2), second: number(17, width: 2), millisecond: number(20, width: 3))
    }

    private static func permits(_ byte: UInt8, at place: Int) -> Bool {
        switch place {
        case 4, 7: byte == UInt8(ascii: "-")
        case 10: byte == UInt8(ascii: " ") || byte == UInt8(ascii: "T")
        case 13, 16: byte == UInt8(ascii: ":")
        case 19: byte == UInt8(ascii: ".")
        default: 0x30...0x39 ~= byte
        }
    }
}

extension Int {
    /// In decimal, with leading zeros up to `width` digits.
    package func padded(_ width: Int) -> String {
        let digits = String(self)
        return String(repeating: "0", count: Swift.max(0, width - digits.count)) + digits
    }
}

extension [UInt8] {
    fileprivate mutating func append(_ separator: Unicode.Scalar, _ number: Int, width: Int) {
        append(UInt8(ascii: separator))
        append(number, width: width)
    }

    /// Digits, with leading zeros up to `width`, which is 2 to 4.
    fileprivate mutating func append(_ number: Int, width: Int) {
        guard 0...9999 ~= number else { return append(contentsOf: number.padded(width).utf8) }
        if width > 3 { append(digit: number / 1000) }
        if width > 2 { append(digit: number / 100 % 10) }
        append(digit: number / 10 % 10)
        append(digit: number % 10)
    }

    private mutating func append(digit: Int) { append(0x30 + UInt8(truncatingIfNeeded: digit)) }
}
