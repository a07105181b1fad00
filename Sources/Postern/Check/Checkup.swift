import DeliveryPolicy
import EmailLog
import GraphProtocol
package import MailModel

/// Looks at everything that delivery needs, without sending: `postern check`.
package struct Checkup: Sendable {
    let configuration: Configuration
    let mailbox: Address?
    let outbound: Outbound
    let clocks: Clocks

    /// - Parameter mailbox: to ask for at Microsoft; `nil`: each route's own, where its configuration names one.
    package init(_ configuration: Configuration, mailbox: Address? = nil, clocks: Clocks = .system()) {
        self.configuration = configuration
        self.mailbox = mailbox
        self.clocks = clocks
        outbound = Outbound(configuration)
    }

    /// - Parameter report: called with each finding as soon as it is made.
    package func run(_ report: (CheckItem) -> Void) async {
        report(files())
        for item in await StoreCheck(path: configuration.store, clocks: clocks).items() { report(item) }
        for route in configuration.routes {
            for item in await networkItems(route) { report(item) }
            if route.graph != nil { for item in await graphItems(route) { report(item) } }
            if let host = route.smtp { for item in await smtpItems(route, host) { report(item) } }
        }
        await outbound.shutdown()
    }

    /// Certificates, keys and trust anchors that the configuration names.
    private func files() -> CheckItem {
        let subject = "\(configuration.routes.count) routes, \(configuration.listeners.count) listeners"
        do {
            _ = try RuntimeSettings(configuration, outbound: outbound, clocks: clocks)
            return CheckItem("configuration", subject, .ok, "valid, and every file it names can be read")
        } catch {
            return CheckItem("configuration", subject, .failed(.configuration), "\(error)")
        }
    }

    /// Whom to ask for at Microsoft.
    func mailbox(of route: Route) -> Address? {
        mailbox ?? route.mailbox ?? route.mailboxes.first?.mailbox
            ?? route.senders.lazy.compactMap { try? Address(parsing: $0.description) }.first { $0.localPart != "*" }
    }

    /// Where no mailbox is known, the far side cannot be asked about one.
    func unknownMailbox(_ name: String, _ route: Route) -> CheckItem {
        CheckItem(
            name, route.name, .warning, "not asked: the route names no mailbox",
            advice: "Name one with --mailbox ADDRESS.")
    }
}
