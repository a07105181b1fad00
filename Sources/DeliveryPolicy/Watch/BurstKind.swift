/// What a failure is one of many of: the shape that a burst has.
package enum BurstKind: String, Hashable, Sendable, CaseIterable {
    /// More connections or requests at once than Microsoft serves.
    case concurrency = "concurrent_connections"
    /// More requests or messages in a time than it takes.
    case rate
    /// More octets in a time than it takes.
    case upload
    /// Recipients of a day.
    case quota
    /// A fault of the service or the network.
    case outage
    /// A token or a permission is refused.
    case credentials
    /// The mailbox or the tenant may not send, whoever asks.
    case blocked
    /// Final refusals with one code.
    case refused
    /// Nobody knows whether the messages were sent.
    case lostAnswers = "lost_answers"
    /// Put off for something else, with one code.
    case other

    /// What tables and people call it.
    package var words: String {
        switch self {
        case .concurrency: "concurrent-connection throttle"
        case .rate: "rate throttle"
        case .upload: "upload throttle"
        case .quota: "daily quota"
        case .outage: "outage"
        case .credentials: "credentials"
        case .blocked: "blocked mailbox"
        case .refused: "refused"
        case .lostAnswers: "lost answers"
        case .other: "other"
        }
    }
}
