// No complete answer: how far the request came, which decides whether it may be sent again.

package struct HTTPFailure: Error, Sendable, Hashable {
    package enum Stage: Sendable, Hashable, CaseIterable {
        /// Our side: a malformed URL or proxy, an unreadable `ca_file`, a body that could not be read.
        case setup
        case resolve
        case connect
        /// The proxy could not be reached, or refused.
        case proxy
        case tls
        case send
        /// The request was out, the answer did not come or not whole.
        case receive
        /// The task was cancelled.
        case cancelled
        /// The transport was shut down.
        case closed
    }

    /// How much of the request had left this process, at most. Only `complete` leaves open whether the server acted;
    /// with `none` and `partial` it never had the whole request. A request without a body is `complete`
    /// as soon as its head may have left.
    package enum BodyProgress: Int, Sendable, Hashable, Comparable {
        case none, partial, complete

        package static func < (left: BodyProgress, right: BodyProgress) -> Bool {
            left.rawValue < right.rawValue
        }
    }

    package var stage: Stage
    package var bodyProgress: BodyProgress
    /// A final status line (200 or above) that had arrived before the error. A 2xx here may well mean that the server
    /// did what was asked: HTTP/2 servers may answer, then reset the stream.
    package var status: Int?
    package var headers: HTTPHeaders?
    package var timedOut: Bool
    /// libcurl's code; 0 when the failure is not libcurl's.
    package var curlCode: Int
    /// One sentence: what, which host, what to do. No URL, header or password is in it.
    package var text: String

    package init(
        stage: Stage, bodyProgress: BodyProgress = .none, status: Int? = nil, headers: HTTPHeaders? = nil,
        timedOut: Bool = false, curlCode: Int = 0, text: String
    ) {
        self.stage = stage
        self.bodyProgress = bodyProgress
        self.status = status
        self.headers = headers
        self.timedOut = timedOut
        self.curlCode = curlCode
        self.text = text
    }
}

extension HTTPFailure {
    /// Whether the server may have done what was asked, so that sending again could do it twice. Besides a request that
    /// had left whole and a 2xx that had come, this is a stream the HTTP/2 server reset during the upload: it may have
    /// answered before, and libcurl 7.88 drops an answer that arrives together with the reset.
    package var mayHaveBeenActedOn: Bool {
        if let status { return (200..<300).contains(status) }
        return bodyProgress == .complete || (bodyProgress == .partial && curlCode == Self.streamReset)
    }

    /// CURLE_HTTP2_STREAM
    private static let streamReset = 92
}

extension HTTPFailure: CustomStringConvertible {
    package var description: String { text }
}
