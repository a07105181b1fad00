// How long a transfer may take. The total grows with the body: a slow uplink is no reason to give up.

package struct HTTPTimeouts: Sendable, Hashable {
    /// Name lookup, TCP, proxy tunnel and TLS handshake together.
    package var connect: Duration
    /// Everything, from `send` to the last byte of the answer; waiting for a free connection counts.
    package var total: Duration
    /// Time without a byte in either direction, waiting for the answer included. Rounded up to whole seconds;
    /// libcurl averages over a window and may notice some seconds late.
    package var stalled: Duration

    package init(connect: Duration = .seconds(15), total: Duration = .seconds(60), stalled: Duration = .seconds(60)) {
        self.connect = connect
        self.total = total
        self.stalled = stalled
    }

    /// The slowest uplink, in bytes per second, over which a body must still get through.
    package static let slowestUplink: Int64 = 16 * 1024

    /// The usual limits for a body of `bytes` bytes: 60 s (`fixed`), and the time the body takes at `slowestUplink`.
    package static func forBody(of bytes: Int64, besides fixed: Duration = .seconds(60)) -> HTTPTimeouts {
        HTTPTimeouts(total: fixed + .seconds(max(0, bytes) / slowestUplink))
    }
}

extension Duration {
    /// Whole milliseconds, at least 1 (libcurl takes 0 for "no limit"), at most a day.
    var curlMilliseconds: Int {
        let (seconds, attoseconds) = components
        let bounded = min(max(seconds, 0), 86_400)
        return max(1, Int(bounded) * 1000 + Int(max(attoseconds, 0) / 1_000_000_000_000_000))
    }

    /// Whole seconds, rounded up, at least 1.
    var curlSeconds: Int {
        (curlMilliseconds + 999) / 1000
    }
}
