import NIOCore

/// An end of a TCP connection, or the path of a local socket.
package struct PeerAddress: Hashable, Sendable, CustomStringConvertible {
    /// As text; an IPv4 address that came in through an IPv6 socket is written as IPv4 (RFC 4291 §2.5.5.2).
    package let ip: String
    package let port: Int
    let isLocalSocket: Bool

    package init(ip: String, port: Int) {
        let mapped = "::ffff:"
        self.ip = ip.lowercased().hasPrefix(mapped) && ip.contains(".") ? String(ip.dropFirst(mapped.count)) : ip
        self.port = port
        isLocalSocket = false
    }

    /// A socket without an IP address, or one that is gone already, is `unknown`.
    init(_ address: SocketAddress?) {
        self.init(ip: address?.ipAddress ?? "unknown", port: address?.port ?? 0)
    }

    init(localSocket path: String) {
        ip = path
        port = 0
        isLocalSocket = true
    }

    package var description: String {
        if isLocalSocket { return ip }
        return ip.contains(":") ? "[\(ip)]:\(port)" : "\(ip):\(port)"
    }
}
