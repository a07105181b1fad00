import HTTPTransport
import Logging
import NIOPosix
import SMTPTransport

/// What connects this process to the far side. Outlives every configuration, so that the connections of an old one still
/// count against the caps of the new.
struct Outbound: Sendable {
    let http: HTTPTransport
    let smtp: SMTPConnectionPool
    let logger: Logger

    /// - Parameter logger: hears of tokens; a command that says itself what came of its attempt has none.
    init(_ configuration: Configuration, logger: Logger = Logger(label: "postern") { _ in SwiftLogNoOpLogHandler() }) {
        self.logger = logger
        http = HTTPTransport(maxConnectionsPerHost: configuration.mostConnections)
        smtp = SMTPConnectionPool(on: MultiThreadedEventLoopGroup.singleton)
    }

    func shutdown() async {
        await smtp.shutdown()
        await http.shutdown()
    }
}

extension Configuration {
    /// Beyond this libcurl would let requests wait, at the expense of their time-outs.
    fileprivate var mostConnections: Int { max(32, routes.compactMap(\.graph?.limits.concurrency).max() ?? 0) }
}
