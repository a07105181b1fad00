import Foundation

/// A message the emulator took, with the recipients it computed from the header.
struct CapturedMessage: Decodable, Sendable {
    struct Header: Decodable, Hashable, Sendable {
        var name: String
        var value: String
    }

    var number: Int
    var path: String
    var mailbox: String
    var sender: String
    var recipients: [String]
    var subject: String
    var messageId: String
    /// `2026-11-21T09:30:00Z`
    var time: String
    var headers: [Header]
    /// Base 64; `null` where it was not asked for.
    var mime: String?

    var bytes: Data { mime.flatMap { Data(base64Encoded: $0) } ?? Data() }
    func header(_ name: String) -> [String] {
        headers.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }
}

/// One request, on the emulator's monotonic clock in seconds.
struct RequestRecord: Decodable, Sendable {
    var number: Int
    var operation: String
    var mailbox: String
    var arrived: Double
    var answered: Double?
    var status: Int
    var code: String
    /// Of its body.
    var bytes: Int
}

struct Counters: Decodable, Sendable {
    struct Mailbox: Decodable, Sendable {
        var messages: Int
        var maxConcurrency: Int
        var maxMessagesPerMinute: Int
        /// From AUTH until the host's socket is closed.
        var maxSmtpConnections: Int
        /// From DATA to the answer.
        var maxSmtpSubmissions: Int
        var smtpThrottled: Int
    }

    /// By operation, then by status.
    var requests: [String: [String: Int]]
    var throttled: Int
    var earlyRequests: Int
    var tokensIssued: Int
    var messages: Int
    /// Drafts that were never sent.
    var drafts: Int
    var mailboxes: [String: Mailbox]

    func answers(_ status: Int, to operation: String = "sendMail") -> Int {
        requests[operation]?[String(status)] ?? 0
    }
}
