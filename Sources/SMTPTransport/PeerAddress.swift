import NIOCore

/// An end of a TCP connection.
package struct PeerAddress: Hashable, Sendable, CustomStringConvertible {
    /// As text; an IPv4 address that came in through an IPv6 socket is written as IPv4 (RFC 4291 §2.5.5.2).
    package let ip: String
    package let port: Int

    package init(ip: String, port: Int) {
        let mapped = "::ffff:"
        self.ip = ip.lowercased().hasPrefix(mapped) && ip.contains(".") ? String(ip.dropFirst(mapped.count)) : ip
        self.port = port
    }

    /// A socket without an IP address, or one that is gone already, is `unknown`.
    init(_ address: SocketAddress?) {
        self.init(ip: address?.ipAddress ?? "unknown", port: address?.port ?? 0)
    }

    package var description: String { ip.contains(":") ? "[\(ip)]:\(port)" : "\(ip):\(port)" }
}
