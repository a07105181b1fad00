// An answer, whatever its status: a refusal is a response, not a failure.

package struct HTTPResponse: Sendable, Hashable {
    package var status: Int
    package var headers: HTTPHeaders
    /// At most the transport's response limit.
    package var body: [UInt8]
    /// The body was longer; the rest was read and dropped.
    package var isTruncated: Bool

    package init(status: Int, headers: HTTPHeaders = HTTPHeaders(), body: [UInt8] = [], isTruncated: Bool = false) {
        self.status = status
        self.headers = headers
        self.body = body
        self.isTruncated = isTruncated
    }
}
