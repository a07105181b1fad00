extension SMTPConnectionPool {
    /// What the far side counts together: the connections of one authenticated mailbox to one server.
    package struct Key: Hashable, Sendable {
        package let host: String
        package let port: Int
        package let mailbox: String

        /// Upper and lower case are the same in a host name, and in a mailbox as Exchange sees it.
        package init(host: String, port: Int, mailbox: String) {
            self.host = host.lowercased()
            self.port = port
            self.mailbox = mailbox.lowercased()
        }
    }

    /// Who else may have connections of the same key open. Every process that does leaves one connection below its cap to
    /// whoever holds the last place.
    package struct LastPlace: Sendable {
        /// False where another process has it now. Called under a lock, so it must not wait; taking it twice changes nothing.
        package let take: @Sendable (Key) -> Bool
        let release: @Sendable (Key) -> Void

        package init(take: @escaping @Sendable (Key) -> Bool, release: @escaping @Sendable (Key) -> Void) {
            self.take = take
            self.release = release
        }

        /// There is no other process.
        package static let unshared = LastPlace(take: { _ in true }, release: { _ in })
    }

    /// On what terms a connection is wanted.
    package struct Terms: Sendable {
        /// Never more open at once for the key; at least 1.
        package var connections: Int
        /// How old a connection may become before it takes no further message.
        package var age: Duration
        /// How many messages a connection may take.
        package var messages: Int
        /// How long a connection may stand idle; Exchange drops idle ones.
        package var idle: Duration
        package var options: SMTPClientOptions
        /// Whatever tells connections apart that is not in the options: a connection serves only who names the same.
        package var identity: String

        package init(
            _ options: SMTPClientOptions, connections: Int = 3, age: Duration = .seconds(900), messages: Int = 50,
            idle: Duration = .seconds(60), identity: String = ""
        ) {
            self.options = options
            self.connections = max(1, connections)
            self.age = age
            self.messages = messages
            self.idle = idle
            self.identity = identity
        }

        /// Whether a connection made on other terms will do: same server, same TLS context, same credentials, so that a new
        /// token or password means a new connection.
        func fit(_ other: Terms) -> Bool {
            identity == other.identity && options.makesSameConnection(as: other.options)
        }
    }

    /// The connections of one key.
    package struct Counts: Hashable, Sendable {
        /// All that the far side may count: being opened, in use, idle, and being closed.
        package var open = 0
        package var idle = 0
        /// Tasks that wait for a connection.
        package var waiting = 0

        package init(open: Int = 0, idle: Int = 0, waiting: Int = 0) {
            self.open = open
            self.idle = idle
            self.waiting = waiting
        }
    }
}

extension SMTPClientOptions {
    fileprivate func makesSameConnection(as other: SMTPClientOptions) -> Bool {
        host == other.host && port == other.port && hostname == other.hostname && credentials == other.credentials
            && timeouts == other.timeouts && security.isSame(as: other.security)
    }
}

extension SMTPClientOptions.Security {
    fileprivate func isSame(as other: Self) -> Bool {
        switch (self, other) {
        case (.off, .off): true
        case (.startTLS(let one), .startTLS(let two)), (.implicit(let one), .implicit(let two)): one === two
        case (.off, _), (.startTLS, _), (.implicit, _): false
        }
    }
}
