// A request: what goes out, the way it takes, and how long it may take.

package struct HTTPRequest: Sendable {
    package var method: String
    /// Absolute, `http` or `https`.
    package var url: String
    /// Sent in this order. `Content-Length` and `Host` are added; `Expect` never is.
    package var headers: [(name: String, value: String)]
    package var body: HTTPBody
    package var endpoint: HTTPEndpoint
    package var timeouts: HTTPTimeouts

    /// `timeouts` nil: the usual ones for the body's length.
    package init(
        method: String, url: String, headers: [(name: String, value: String)] = [], body: HTTPBody = .empty,
        endpoint: HTTPEndpoint = HTTPEndpoint(), timeouts: HTTPTimeouts? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.endpoint = endpoint
        self.timeouts = timeouts ?? .forBody(of: body.length)
    }

    /// Whether sending it twice does no harm (RFC 9110 §9.2.1).
    var isSafe: Bool {
        ["GET", "HEAD", "OPTIONS", "TRACE"].contains(method)
    }
}

/// Headers carry tokens and some URLs are credentials themselves, so neither is printed.
extension HTTPRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String {
        "\(method) \(URLParts(url)?.authority ?? "(no host)"), \(body.length) bytes"
    }

    package var debugDescription: String { description }

    package var customMirror: Mirror {
        Mirror(self, children: ["method": method, "body": body.length, "endpoint": endpoint])
    }
}

package enum HTTPBody: Sendable {
    case empty
    case bytes([UInt8])
    /// `open` is called on the transfer thread for each start of the upload; the stream must yield `length` bytes.
    case stream(length: Int64, open: @Sendable () throws -> any HTTPBodyStream)

    /// In bytes.
    package var length: Int64 {
        switch self {
        case .empty: 0
        case .bytes(let bytes): Int64(bytes.count)
        case .stream(let length, _): length
        }
    }
}

/// A body read piece by piece on the transfer thread, never by two threads at once.
package protocol HTTPBodyStream: AnyObject {
    /// Fills the front of `buffer` and returns how many bytes it wrote; 0 is the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int
}
