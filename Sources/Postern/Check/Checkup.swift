import DeliveryPolicy
import EmailLog
package import MailModel

/// Looks at everything that delivery needs, without sending: `postern check`.
///
/// What is wrong on this machine comes first, then the network, then what Microsoft says, then what a service has met: the
/// first fault is the most likely cause of those behind it.
package struct Checkup: Sendable {
    let configuration: Configuration
    let file: String?
    let sender: Address?
    let outbound: Outbound
    let clocks: Clocks
    /// How long one step over the network may take.
    let patience: Duration

    /// - Parameters:
    ///   - file: that the configuration was read from.
    ///   - sender: whose mail is looked at; `nil`: a sender or mailbox that each route names.
    package init(
        _ configuration: Configuration, file: String? = nil, sender: Address? = nil, clocks: Clocks = .system(),
        patience: Duration = .seconds(15)
    ) {
        self.configuration = configuration
        self.file = file
        self.sender = sender
        self.clocks = clocks
        self.patience = patience
        outbound = Outbound(configuration)
    }

    /// - Parameter report: called with each finding as soon as it is made.
    package func run(_ report: (CheckItem) -> Void) async {
        for item in [filesItem()] + exposureItems() + expiryItems() { report(item) }
        let store = await StoreCheck(path: configuration.store, routes: configuration.routes, clocks: clocks).examine()
        for item in store.items + listenerItems(isServed: store.isServed) { report(item) }
        var way = NetworkCheck(patience: patience, transport: outbound.http, clocks: clocks)
        for place in configuration.places {
            for item in await way.items(place) { report(item) }
        }
        for route in configuration.routes {
            for item in await graphItems(route, way) { report(item) }
            for item in await smtpItems(route, way) { report(item) }
        }
        for item in await alertItems(&way) { report(item) }
        for item in store.met { report(item) }
        await outbound.shutdown()
    }

    /// Certificates, keys and trust anchors that the configuration names.
    private func filesItem() -> CheckItem {
        let subject = file ?? "\(configuration.routes.count) routes"
        do {
            _ = try RuntimeSettings(configuration, outbound: outbound, clocks: clocks)
        } catch {
            return CheckItem("configuration", subject, .failed(.configuration), "\(error)")
        }
        if let sender, case .noRoute = ReceptionRules(configuration).route(headerFrom: sender, envelopeSender: nil) {
            return CheckItem(
                "configuration", subject, .failed(.configuration), "no route takes mail from \(sender)",
                advice: "Add it to a route's `senders`, or check another sender with --mailbox.")
        }
        return CheckItem("configuration", subject, .ok, "valid, and every file it names can be used")
    }

    private func listenerItems(isServed: Bool) -> [CheckItem] {
        configuration.listeners.map { ListenerCheck(address: $0.address, isServed: isServed).item() }
    }

    // MARK: Whose mail

    struct Party: Hashable, Sendable {
        /// `nil` where the route names none.
        var sender: Address?
        var mailbox: Address
    }

    /// `nil` where neither the command line nor the route names anybody.
    func party(of route: Route) -> Party? {
        let rules = ReceptionRules(configuration)
        let named = route.senders.compactMap { try? Address(parsing: $0.description) }.filter { $0.localPart != "*" }
        let mailboxes = [route.mailbox].compactMap(\.self) + route.mailboxes.map(\.mailbox)
        for sender in [sender].compactMap(\.self) + named + mailboxes {
            if case .lane(let lane) = rules.route(headerFrom: sender, envelopeSender: nil), lane.route == route.name {
                return Party(sender: sender, mailbox: lane.mailbox)
            }
        }
        return mailboxes.first.map { Party(mailbox: $0) }
    }

    static let nameSender = "Name one of its senders with --mailbox ADDRESS."

    /// Where nobody is known, the far side cannot be asked about anybody.
    func unknownParty(_ name: String, _ route: Route) -> CheckItem {
        CheckItem(
            name, route.name, .warning, "not asked: the route names no single sender", advice: Self.nameSender)
    }
}
