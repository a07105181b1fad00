import Foundation
import MailModel

/// What a configuration comes to once everything it names has been read.
struct RuntimeSettings: Sendable {
    let reception: ReceptionRules
    let listeners: [ListenerSettings]
    let routes: [DeliveryRoute]

    init(_ configuration: Configuration, outbound: Outbound, clocks: Clocks) throws(GatewayError) {
        reception = ReceptionRules(configuration)
        listeners = try ListenerSettings.all(of: configuration)
        var routes: [DeliveryRoute] = []
        for route in configuration.routes {
            if let file = route.graph?.caFile, !FileManager.default.isReadableFile(atPath: file) {
                throw .configuration(
                    "route \(route.name): ca_file: \(file) cannot be read; it must exist and be readable by this user")
            }
            do {
                routes.append(try DeliveryRoute(route, configuration, outbound: outbound, clocks: clocks))
            } catch {
                throw .configuration("route \(route.name): \(error)")
            }
        }
        self.routes = routes
    }
}
