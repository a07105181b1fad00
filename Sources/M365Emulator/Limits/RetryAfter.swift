import MailModel

/// Retry-After in the forms it has been seen in: whole seconds, seconds with a fraction, a date (RFC 9110 §10.2.3), or not
/// at all.
struct RetryAfter: Sendable {
    private var turn = 0

    /// The field's value; never sooner than `wait`. `nil` where the form is to leave it out.
    mutating func text(for wait: Duration, form: GraphSettings.RetryAfterForm, at wall: Timestamp) -> String? {
        switch form {
        case .integer: return String(max(1, wait.roundedUpSeconds))
        case .decimal: return Self.decimal(wait)
        case .date: return Timestamp(secondsSince1970: (wall + wait).seconds + 1).httpDate
        case .absent: return nil
        case .cycle:
            defer { turn += 1 }
            let forms: [GraphSettings.RetryAfterForm] = [.integer, .decimal, .date, .absent]
            return text(for: wait, form: forms[turn % forms.count], at: wall)
        }
    }

    private static func decimal(_ wait: Duration) -> String {
        let milliseconds = wait.milliseconds + 1
        return "\(milliseconds / 1000).\(Int(milliseconds % 1000).padded(3))"
    }
}
