/// What an attempt that reached the far side has taken of a mailbox's limits.
package struct Usage: Hashable, Sendable {
    /// By Graph: a look into the mailbox and the making of a draft are some as well.
    package var requests: Int64
    /// False where nothing was handed over to be sent: neither a message nor its recipients count.
    package var isSubmitted: Bool
    /// Of request bodies; `nil`: as many as were set aside for them.
    package var octets: Int64?

    package init(requests: Int64, isSubmitted: Bool = true, octets: Int64? = nil) {
        self.requests = requests
        self.isSubmitted = isSubmitted
        self.octets = octets
    }

    /// One request with a message.
    package static let whole = Usage(requests: 1)
}
