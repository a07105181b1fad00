import EmailLog
import HTTPTransport
import Logging
import NIOPosix
import SMTPTransport

/// What connects this process to the far side. Outlives every configuration, so that the connections of an old one still
/// count against the caps of the new.
struct Outbound: Sendable {
    let http: HTTPTransport
    let smtp: SMTPConnectionPool
    let lastPlace: SMTPConnectionPool.LastPlace
    let logger: Logger

    /// - Parameter logger: hears of tokens; a command that says itself what came of its attempt has none.
    init(_ configuration: Configuration, logger: Logger = Logger(label: "postern") { _ in SwiftLogNoOpLogHandler() }) {
        self.logger = logger
        http = HTTPTransport(maxConnectionsPerHost: configuration.mostConnections)
        lastPlace = .shared(by: PlaceLocks(store: configuration.store))
        smtp = SMTPConnectionPool(on: MultiThreadedEventLoopGroup.singleton, lastPlace: lastPlace)
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

extension SMTPConnectionPool.LastPlace {
    /// A command beside the service never makes the mailbox have one connection too many.
    fileprivate static func shared(by places: PlaceLocks) -> Self {
        .init(take: { places.take($0.place) }, release: { places.release($0.place) })
    }
}

extension SMTPConnectionPool.Key {
    fileprivate var place: String { "smtp \(host):\(port) \(mailbox)" }
}
