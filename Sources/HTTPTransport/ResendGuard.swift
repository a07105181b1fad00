// Whether libcurl may send a request again by itself. When a reused connection dies without a byte of an answer,
// libcurl retries on a new one, and asks the seek callback only if some of the body had left. A server that had the
// whole request may have acted on it, so a request that changes something is never repeated once it had left whole.

struct ResendGuard {
    /// What libcurl reports of the request's way out; both are of the moment.
    struct Counters: Equatable {
        /// Bytes of request heads sent so far, in all attempts.
        var requestBytes: Int
        /// Bytes of the body read from us since its last start: the only upper bound of what left. What libcurl counts
        /// as uploaded is back at zero when it asks for a rewind, and an HTTP/2 layer may have sent more than it counted.
        var bodyOffered: Int64
    }

    let isSafe: Bool
    let length: Int64
    private(set) var hasStarted = false
    private var requestBytesAtStart = 0
    private var earlier = HTTPFailure.BodyProgress.none

    init(isSafe: Bool, length: Int64) {
        self.isSafe = isSafe
        self.length = length
    }

    /// A connection is ready and the request is about to be sent on it, for the first time or again.
    mutating func mayStart(_ counters: Counters) -> Bool {
        let progress = progress(counters)
        guard progress < .complete || isSafe, counters.bodyOffered == 0 else { return false }
        earlier = progress
        hasStarted = true
        requestBytesAtStart = counters.requestBytes
        return true
    }

    /// libcurl wants the body from its beginning.
    mutating func mayRewind(_ counters: Counters) -> Bool {
        earlier = progress(counters)
        return earlier < .complete || isSafe
    }

    /// The furthest any attempt has come.
    func progress(_ counters: Counters) -> HTTPFailure.BodyProgress {
        max(earlier, hasStarted ? currentProgress(counters) : .none)
    }

    private func currentProgress(_ counters: Counters) -> HTTPFailure.BodyProgress {
        guard length > 0 else { return counters.requestBytes > requestBytesAtStart ? .complete : .none }
        guard counters.bodyOffered > 0 else { return .none }
        return counters.bodyOffered < length ? .partial : .complete
    }
}
