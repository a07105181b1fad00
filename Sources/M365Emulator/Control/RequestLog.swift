import MailModel

/// One request or SMTP submission, for those who want to check windows and order themselves.
struct RequestRecord: Sendable {
    var number: Int
    var operation: Operation
    var mailbox: String
    var appID = ""
    /// On the monotonic clock, since the emulator's start.
    var arrived: Instant
    var answered: Instant?
    /// The status of the answer; 0 where the connection was reset or stalled instead.
    var status = 0
    var code = ""
    var bytes = 0
    var requestID = ""
    var clientRequestID = ""
    var retryAfter = ""

    var json: JSONValue {
        [
            "number": .number(number), "operation": .string(operation.rawValue), "mailbox": .string(mailbox),
            "app": .string(appID), "arrived": .number(arrived.sinceStart.fractionalSeconds),
            "answered": answered.map { .number($0.sinceStart.fractionalSeconds) } ?? .null, "status": .number(status),
            "code": .string(code), "bytes": .number(bytes), "request_id": .string(requestID),
            "client_request_id": .string(clientRequestID), "retry_after": .string(retryAfter),
        ]
    }
}

/// The requests in the order they came; the oldest are forgotten.
struct RequestLog: Sendable {
    private static let kept = 100_000
    private(set) var records: [RequestRecord] = []
    private var first = 1
    private var next = 1

    /// - Returns: the request's number.
    mutating func open(_ operation: Operation, mailbox: String, at now: Instant) -> Int {
        records.append(RequestRecord(number: next, operation: operation, mailbox: mailbox, arrived: now))
        next += 1
        if records.count > Self.kept * 2 {
            first += records.count - Self.kept
            records.removeFirst(records.count - Self.kept)
        }
        return next - 1
    }

    mutating func change(_ number: Int, _ change: (inout RequestRecord) -> Void) {
        guard records.indices.contains(number - first) else { return }
        change(&records[number - first])
    }

    subscript(number: Int) -> RequestRecord? {
        records.indices.contains(number - first) ? records[number - first] : nil
    }

    mutating func removeAll() {
        first = next
        records.removeAll()
    }
}
