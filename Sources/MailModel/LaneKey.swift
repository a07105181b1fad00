/// A lane: a mailbox on a route. It is what Microsoft limits, and what mail queues for.
package struct LaneKey: Hashable, Sendable {
    package let route: String
    /// In lower case: however a sender spells its address, it is one mailbox, in memory and in the store.
    package let mailbox: Address

    package init(route: String, mailbox: Address) {
        self.route = route
        self.mailbox = mailbox.lowercased
    }
}
