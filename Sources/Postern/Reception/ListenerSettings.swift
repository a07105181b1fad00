import Foundation
import SMTPProtocol
import SMTPTransport
import TLS

/// A listener as the configuration has it, with its certificate read.
struct ListenerSettings: Sendable {
    let listener: Listener
    let server: SMTPServerSettings

    static func all(of configuration: Configuration) throws(GatewayError) -> [ListenerSettings] {
        let needsTLS = configuration.listeners.contains { $0.tls != .off }
        let context = needsTLS ? try configuration.tls.map(Self.context) : nil
        return configuration.listeners.map {
            ListenerSettings($0, hostname: configuration.hostname, context, share: connectionShare(of: configuration))
        }
    }

    /// Of each listener, the socket for sendmail among them.
    static func connectionShare(of configuration: Configuration) -> Int {
        OpenFileLimit.connections(of: OpenFileLimit.current, listeners: configuration.listeners.count + 1)
    }

    private init(_ listener: Listener, hostname: String, _ context: TLSContext?, share: Int) {
        self.listener = listener
        var session = ServerConfiguration(hostname: hostname)
        session.maxMessageSize = Int(listener.maxMessageSize)
        session.maxRecipients = listener.maxRecipients
        session.authentication = listener.authentication.session
        session.tls = listener.tls.session
        // Where TLS is offered, a password in the clear is not heard.
        session.allowsPlaintextAuthentication = listener.tls == .off
        var server = SMTPServerSettings(session: session)
        server.implicitTLS = listener.tls == .implicit
        server.tls = context
        server.maxConnections = min(listener.maxConnections, share)
        server.idleTimeout = listener.idleTimeout
        let allow = listener.allow
        server.isAllowed = { peer in
            IPAddress(peer.ip).map { address in allow.contains { $0.contains(address) } } ?? false
        }
        self.server = server
    }

    private static func context(_ files: Configuration.TLSFiles) throws(GatewayError) -> TLSContext {
        let chain = try read(files.certificate, "tls.certificate")
        let key = try read(files.privateKey, "tls.private_key")
        do {
            return try TLSContext.server(certificateChainPEM: chain, privateKeyPEM: key)
        } catch {
            throw .configuration("tls (\(files.certificate), \(files.privateKey)): \(error)")
        }
    }

    private static func read(_ path: String, _ key: String) throws(GatewayError) -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw .configuration("\(key): the file \(path) cannot be read; it must exist and be readable by this user")
        }
        return Array(data)
    }
}

extension Listener.Authentication {
    fileprivate var session: ServerConfiguration.Authentication {
        switch self {
        case .off: .off
        case .optional: .optional
        case .required: .required
        }
    }
}

extension Listener.TLSMode {
    fileprivate var session: ServerConfiguration.TLS {
        switch self {
        case .off, .implicit: .off
        case .starttls: .offered
        case .required: .required
        }
    }
}
