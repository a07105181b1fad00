package import MailModel

/// Failures of one shape, close together in time, on one path of a route.
package struct FailureBurst: Hashable, Sendable {
    /// One answer that many attempts got.
    package struct Answer: Hashable, Sendable {
        package var status: Int?
        package var code: String?
        /// The words of the first.
        package var text: String?
        package var attempts: Int

        /// `432 4.3.2 Concurrent connections limit exceeded.`
        package var words: String {
            [status.map(String.init), code, text].compactMap(\.self).joined(separator: " ")
        }
    }

    /// What sets it apart from other bursts at the same time.
    let key: BurstKey
    package let kind: BurstKind
    /// When its first attempt started.
    package let start: Timestamp
    /// When its last attempt finished.
    package let end: Timestamp
    package let attempts: Int
    /// What its messages have come to since, as it was read.
    package let messagesByStatus: [Status: Int]
    /// By address.
    package let mailboxes: [Address]
    /// The most of these attempts that were under way for one mailbox at a time. Those that got through are not among them,
    /// so it is the least that there were.
    package let peakConcurrency: Int
    /// Most frequent first.
    package let answers: [Answer]
    /// Attempts after which it is not known whether the message was sent.
    package let unknown: Int

    package var route: String { key.route }
    package var path: Path { key.path }
    package var messages: Int { messagesByStatus.values.reduce(0, +) }
    package var duration: Duration { end - start }
    package var advice: String { kind.advice(on: path) }
}

/// What failures must share to belong together.
struct BurstKey: Hashable, Sendable {
    let route: String
    let path: Path
    let kind: BurstKind
    /// Refusals that have nothing else in common have at least their code.
    let answer: String?

    init(_ attempt: TroubledAttempt) {
        route = attempt.lane.route
        path = attempt.path
        kind = BurstKind(of: attempt)
        let isApart = kind == .refused || kind == .other
        answer = isApart ? "\(attempt.status.map(String.init) ?? "") \(attempt.code ?? "")" : nil
    }
}
