// The way to a host: whom to trust, through which proxy, in which version of HTTP.
// Connections are shared only between requests whose endpoints agree.

package struct HTTPEndpoint: Hashable, Sendable {
    package enum Version: Hashable, Sendable {
        /// HTTP/2 where TLS negotiates it, HTTP/1.1 otherwise.
        case automatic
        case http1
    }

    /// PEM file with trust anchors in addition to the system's. Read again when the file changes.
    package var caFile: String?
    /// `http(s)://[user:password@]host:port`. nil is a direct connection; the environment's proxies are never used,
    /// nor its exceptions: every request of an endpoint with a proxy goes through it.
    package var proxy: String?
    package var version: Version

    package init(caFile: String? = nil, proxy: String? = nil, version: Version = .automatic) {
        self.caFile = caFile
        self.proxy = proxy
        self.version = version
    }
}

/// The proxy may carry a password, so no form of printing shows more than that there is one.
extension HTTPEndpoint: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String {
        "HTTPEndpoint(caFile: \(caFile ?? "none"), proxy: \(proxy == nil ? "none" : "***"), version: \(version))"
    }

    package var debugDescription: String { description }

    package var customMirror: Mirror {
        Mirror(
            self,
            children: ["caFile": caFile as Any, "proxy": (proxy == nil ? nil : "***") as Any, "version": version])
    }
}
