package import MailModel

/// How much is used of a quota, which is a limit over an hour or more, or of the upload limit.
package struct QuotaUse: Hashable, Sendable {
    package struct Key: Hashable, Sendable {
        package let route: String
        /// `nil`: all mailboxes of the route together.
        package let mailbox: Address?
        package let name: LimitName
    }

    package let key: Key
    package let use: LimitUse

    package init(route: String, mailbox: Address?, _ use: LimitUse) {
        key = Key(route: route, mailbox: mailbox, name: use.name)
        self.use = use
    }
}

/// Notices when a quota passes 80 %: once, until it has been below 70 %.
package struct QuotaWatch: Sendable {
    package static let threshold = 80
    private static let relief = 70

    private var passed: Set<QuotaUse.Key> = []

    package init() {}

    /// - Parameter uses: of all quotas; one that is missing is unused.
    /// - Returns: those that have passed it since the last time.
    package mutating func crossings(in uses: [QuotaUse]) -> [QuotaUse] {
        let above = uses.filter { $0.use.percent >= Self.threshold }
        let new = above.filter { !passed.contains($0.key) }
        let kept = uses.filter { $0.use.percent >= Self.relief && passed.contains($0.key) }
        passed = Set((above + kept).map(\.key))
        return new
    }
}
