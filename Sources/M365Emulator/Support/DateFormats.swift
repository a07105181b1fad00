import MailModel

/// The ways Microsoft and HTTP write a moment.
extension Timestamp {
    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7).
    var httpDate: String { "\(dayAndMonth) \(clockTime) GMT" }

    /// `Sun, 06 Nov 1994 08:49:37 +0000` (RFC 5322 §3.3).
    var mailDate: String { "\(dayAndMonth) \(clockTime) +0000" }

    /// `1994-11-06T08:49:37Z`, as Graph's message properties have it.
    var graphDate: String { "\(date)T\(clockTime)Z" }

    /// `1994-11-06T08:49:37`, as in Graph's `innerError`.
    var errorDate: String { "\(date)T\(clockTime)" }

    /// `1994-11-06 08:49:37Z`, as in Entra's errors.
    var entraDate: String { "\(date) \(clockTime)Z" }

    var seconds: Int64 { milliseconds / 1000 }

    private var date: String {
        let fields = CalendarDate(self)
        return "\(fields.year.padded(4))-\(fields.month.padded(2))-\(fields.day.padded(2))"
    }

    private var clockTime: String {
        let fields = CalendarDate(self)
        return "\(fields.hour.padded(2)):\(fields.minute.padded(2)):\(fields.second.padded(2))"
    }

    private var dayAndMonth: String {
        let fields = CalendarDate(self)
        return
            "\(Self.weekdays[fields.weekday]), \(fields.day.padded(2)) \(Self.months[fields.month - 1]) \(fields.year.padded(4))"
    }
}
