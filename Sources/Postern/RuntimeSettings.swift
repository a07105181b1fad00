import HTTPTransport
import MailModel

/// What a configuration comes to once everything it names has been read.
struct RuntimeSettings: Sendable {
    let reception: ReceptionRules
    let listeners: [ListenerSettings]
    let routes: [DeliveryRoute]

    /// - Parameter previous: the routes before a reload, whose tokens are kept where nothing changed.
    init(
        _ configuration: Configuration, transport: HTTPTransport, clocks: Clocks, previous: [DeliveryRoute] = []
    ) throws(GatewayError) {
        reception = ReceptionRules(configuration)
        listeners = try ListenerSettings.all(of: configuration)
        var routes: [DeliveryRoute] = []
        for route in configuration.routes {
            do {
                let old = previous.first { $0.name == route.name }
                routes.append(
                    try DeliveryRoute(route, configuration, transport: transport, clocks: clocks, previous: old))
            } catch {
                throw .configuration("route \(route.name): \(error)")
            }
        }
        self.routes = routes
    }
}
