import GraphProtocol
import MailModel

/// The `smtp` part of a route.
enum SubmissionHostDecoder {
    /// - Parameter cloud: decides the host where none is named.
    static func host(_ section: Section, cloud: Cloud) -> SubmissionHost {
        defer { section.finish() }
        var host = SubmissionHost(host: section.string("host", expected: "a host name") ?? cloud.smtpHost)
        host.port = section.integer("port", in: 1...65535) ?? host.port
        host.tls = section.choice("tls") ?? host.tls
        host.caFile = section.string("ca_file")
        host.authentication = section.choice("auth") ?? host.authentication
        host.username = section.string("username")
        host.password = section.secret("password")
        host.connections = section.integer("connections", in: 1...100) ?? host.connections
        host.connectionAge =
            section.duration("connection_age", in: .seconds(1) ... .seconds(86400)) ?? host.connectionAge
        host.messagesPerConnection =
            section.integer("messages_per_connection", in: 1...100_000) ?? host.messagesPerConnection
        check(host, section)
        return host
    }

    private static func check(_ host: SubmissionHost, _ section: Section) {
        switch host.authentication {
        case .password where host.password == nil && !section.has("password"):
            section.missing("password", "is missing: `auth: password` needs one")
        case .xoauth2 where host.password != nil:
            section.problem("password", "is not used with `auth: xoauth2`", severity: .warning)
        case .xoauth2, .password, .off: break
        }
        if host.tls == .off, host.authentication != .off, !host.isLoopback {
            section.problem(
                "tls", "`off` sends the credential in the clear over the network; write starttls or implicit",
                severity: .warning)
        }
        if host.connections > 3, host.host.lowercased().hasSuffix("office365.com") {
            section.problem(
                "connections", "Exchange Online lets three at a time submit for a mailbox; more are refused with 4.3.2",
                severity: .warning)
        }
    }
}

extension SubmissionHost {
    fileprivate var isLoopback: Bool { host == "localhost" || host.hasPrefix("127.") || host == "::1" }
}
