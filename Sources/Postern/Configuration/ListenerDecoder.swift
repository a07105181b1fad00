import MailModel

/// The `smtp` entries of the configuration file.
enum ListenerDecoder {
    static let defaultListeners = ListenAddress("127.0.0.1:2525").map { [Listener(address: $0)] } ?? []

    static func listener(_ section: Section) -> Listener? {
        defer { section.finish() }
        if !section.has("listen") { section.missing("listen") }
        let address = section.scalar("listen", expected: "an address such as 127.0.0.1:2525 or [::1]:2525") {
            ListenAddress($0)
        }
        var listener = Listener(address: address ?? defaultListeners[0].address)
        listener.tls = section.choice("tls") ?? listener.tls
        listener.authentication = section.choice("auth") ?? listener.authentication
        if section.has("allow") {
            listener.allow = section.list("allow", expected: "a network such as 10.0.0.0/8 or ::1/128") { Network($0) }
        }
        listener.maxMessageSize = section.size("max_message_size", in: 1000...2_000_000_000) ?? listener.maxMessageSize
        listener.maxRecipients = section.integer("max_recipients", in: 1...100_000) ?? listener.maxRecipients
        listener.maxConnections = section.integer("max_connections", in: 1...100_000) ?? listener.maxConnections
        listener.idleTimeout =
            section.duration("idle_timeout", in: .milliseconds(100) ... .seconds(86400)) ?? listener.idleTimeout
        listener.priority = section.choice("priority") ?? listener.priority
        return address == nil ? nil : listener
    }
}
