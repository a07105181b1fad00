// HTTP requests and answers as values (RFC 9110): what this room asks for and judges, whoever carries the bytes.

/// An HTTP request to be made. Its description shows method and URL only, and no query: that, headers and body may carry
/// credentials.
package struct WireRequest: Hashable, Sendable {
    package enum Method: String, Hashable, Sendable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case delete = "DELETE"
    }

    package enum Body: Hashable, Sendable {
        case none
        case bytes([UInt8])
        /// The message in base 64 without line breaks, streamed by whoever makes the request; `length` counts the
        /// encoded bytes.
        case message(length: Int)
        /// A stretch of an attachment, as it is, streamed by whoever makes the request.
        case range(length: Int)
    }

    package struct Header: Hashable, Sendable {
        package var name: String
        package var value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    package var method: Method
    package var url: String
    package var headers: [Header]
    package var body: Body
    /// True for link-local services, which a proxy cannot reach.
    package var bypassesProxy: Bool

    package init(
        method: Method, url: String, headers: [Header] = [], body: Body = .none, bypassesProxy: Bool = false
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.bypassesProxy = bypassesProxy
    }

    /// The first header of that name, whatever its case.
    package func header(_ name: String) -> String? { headers.first(named: name) }
}

extension WireRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "\(method.rawValue) \(url.prefix { $0 != "?" })" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["request": description]) }
}

/// An HTTP answer, complete.
package struct WireResponse: Hashable, Sendable {
    package var status: Int
    package var headers: [WireRequest.Header]
    package var body: [UInt8]

    package init(status: Int, headers: [WireRequest.Header] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The first header of that name, whatever its case.
    package func header(_ name: String) -> String? { headers.first(named: name) }
}

/// Why no complete answer came, and how far the request had got.
package struct WireFailure: Error, Hashable, Sendable {
    package enum Stage: String, Hashable, Sendable, CaseIterable {
        case resolve, connect, tls
        /// A reset, a broken stream, a protocol error.
        case transfer
        case timeout
        /// The body could not be read on our side.
        case source
        /// Given up by ourselves, as when the service stops.
        case cancelled
    }

    /// How much of the request's body had been handed to the network.
    package enum BodyProgress: String, Hashable, Sendable, CaseIterable {
        case none, partial, complete
    }

    package var stage: Stage
    package var bodyProgress: BodyProgress
    /// What of the answer had arrived before it broke off: its status and headers at least.
    package var seen: WireResponse?
    /// A sentence that says what failed and where.
    package var text: String

    package init(stage: Stage, bodyProgress: BodyProgress, seen: WireResponse? = nil, text: String) {
        self.stage = stage
        self.bodyProgress = bodyProgress
        self.seen = seen
        self.text = text
    }
}

extension [WireRequest.Header] {
    /// Field names are compared without case (RFC 9110 §5.1).
    fileprivate func first(named name: String) -> String? {
        let wanted = name.lowercased()
        return first { $0.name.lowercased() == wanted }?.value
    }
}
