import DeliveryPolicy
import EmailLog
import MailModel

/// Limits that would not hold, although each key is right by itself.
extension ConfigurationDecoder {
    static func checkLimits(_ configuration: Configuration, _ root: Section) {
        for mailbox in repeated(configuration.routes.flatMap { Set($0.allMailboxes.map(\.folded)) }) {
            root.problem(
                "routes",
                "\(mailbox) stands in several routes: their limits are counted apart, but Microsoft counts the mailbox once; "
                    + "name it in one, or give each a share of its limits", severity: .warning)
        }
        let log = configuration.retention.log
        for route in configuration.routes {
            guard let longest = RouteLimits(route).windows.max(), longest > log else { continue }
            root.problem(
                "retention",
                "`log: \(Quantity.text(log))` is shorter than a limit of the route `\(route.name)` over "
                    + "\(Quantity.text(longest)): a restart would forget what was sent before", severity: .warning)
        }
    }
}

extension Route {
    fileprivate var allMailboxes: [Address] { [mailbox].compactMap(\.self) + mailboxes.map(\.mailbox) }
}
