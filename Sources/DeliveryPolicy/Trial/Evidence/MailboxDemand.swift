package import MailModel

/// What all the mail of one mailbox would need of Microsoft's limits, if the whole of it went by Graph.
package struct MailboxDemand: Hashable, Sendable {
    package enum Limit: String, Hashable, Sendable, CaseIterable {
        case messages, recipients, requests, upload, concurrency
    }

    /// What is needed of one limit, where it is needed most.
    package struct Need: Hashable, Sendable {
        package let limit: Limit
        /// Messages, recipients, requests or octets in the limit's span; or requests at once.
        package let amount: Double
        package let allowed: Int64
        /// The limit's span; `nil` for `concurrency`.
        package let per: Duration?
        /// When the first message of the fullest span was accepted.
        package let start: Timestamp

        /// 1 is all that there is; above it mail waits.
        package var share: Double { amount / Double(allowed) }
    }

    package let mailbox: String
    package let messages: Int
    package let recipients: Int
    /// Of the raw messages.
    package let octets: Int64
    /// In the order of `Limit.allCases`; without `concurrency` where nobody knows how long a request takes.
    package let needs: [Need]
    /// Messages that would have waited for a limit, and the longest of these waits.
    package let delayed: Int
    package let longestWait: Duration

    /// The limit of which it needs the largest share.
    package var tightest: Need? { needs.max { $0.share < $1.share } }

    /// The most in need first.
    package static func isFirst(_ left: MailboxDemand, _ right: MailboxDemand) -> Bool {
        let (one, other) = (left.tightest?.share ?? 0, right.tightest?.share ?? 0)
        if one != other { return one > other }
        return (right.messages, left.mailbox) < (left.messages, right.mailbox)
    }
}
