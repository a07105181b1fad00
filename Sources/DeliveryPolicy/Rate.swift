/// A limit as the far side publishes it: at most `amount` in any span of the length `per`.
package struct Rate: Hashable, Sendable {
    /// Messages, recipients, requests or octets; at least 1.
    package let amount: Int64
    package let per: Duration

    package init(_ amount: Int64, per: Duration) {
        precondition(amount > 0 && per > .zero, "a rate is a positive amount per positive span")
        self.amount = amount
        self.per = per
    }
}
