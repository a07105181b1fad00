/// The parts of a configuration file that tests vary; each is YAML as it stands in the file.
struct GatewayConfiguration: Sendable {
    /// Keys of the first listener, beside its address.
    var listener: [String] = []
    /// Keys of the file.
    var top: [String] = []
    /// Keys of the route.
    var route: [String] = []
    /// Keys of the route's `smtp` beside host, port and trust anchor, which are the emulator's; `nil`: the route has none.
    var smtp: [String]?
    var senders = #"["*@contoso.com"]"#
    /// High enough to be out of the way.
    var limits = "{messages_per_mailbox: 100000/m}"
    /// Keys of the route's `graph`.
    var graph: [String] = []
    var tenant = Emulator.tenant
    var clientID = Emulator.clientID
    var credential = "client_secret: \(Emulator.secret)"
    /// Quick, so that a second try comes soon.
    var retry = "{first: 300ms, factor: 1, max: 300ms, jitter: 0}"
    /// `nil`: the emulator's address.
    var endpoint: String?

    /// - Parameter host: the submission host, as keys of `smtp`.
    func yaml(store: String, endpoint: String, host: [String] = [], listen: String) -> String {
        let place = self.endpoint ?? endpoint
        return """
            hostname: relay.test
            store: \(store)
            smtp:
              - listen: \(listen)
            \(Self.block(listener, indent: 4))
            \(Self.block(top, indent: 0))
            routes:
              - name: contoso
                senders: \(senders)
                limits: \(limits)
            \(Self.block(route + (smtp.map { ["smtp:"] + (host + $0).map { "  " + $0 } } ?? []), indent: 4))
                graph:
                  login_endpoint: \(place)
                  graph_endpoint: \(place)
                  tenant: \(tenant)
                  client_id: \(clientID)
            \(Self.block([credential] + graph, indent: 6))
            retry: \(retry)

            """
    }

    private static func block(_ lines: [String], indent: Int) -> String {
        lines.map { String(repeating: " ", count: indent) + $0 }.joined(separator: "\n")
    }
}
