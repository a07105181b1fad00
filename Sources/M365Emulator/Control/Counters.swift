import MailModel

/// Sums since the start or the last reset.
struct Counters: Sendable {
    /// By operation, then by status.
    private(set) var requests: [String: [String: Int]] = [:]
    private(set) var throttled = 0
    private(set) var connections = 0
    private(set) var maximumConnections = 0
    private var lanes: [String: Lane] = [:]

    /// What is counted per mailbox, over all apps and both paths.
    struct Lane: Sendable {
        var messages = SlidingWindow(length: .seconds(60))
        var accepted = 0
        var inFlight = 0
        var maximumInFlight = 0
        /// Messages between DATA and the answer to the final dot, and those of them within the limit.
        var submissions = 0
        var granted = 0
        var maximumSubmissions = 0
        var connections = 0
        var maximumConnections = 0
        var smtpThrottled = 0
    }

    mutating func answered(_ operation: Operation, _ status: Int) {
        requests[operation.rawValue, default: [:]][String(status), default: 0] += 1
        if status == 429 { throttled += 1 }
    }

    mutating func change(_ mailbox: String, _ change: (inout Lane) -> Void) {
        change(&lanes[mailbox.lowercased(), default: Lane()])
    }

    subscript(mailbox: String) -> Lane { lanes[mailbox.lowercased()] ?? Lane() }

    mutating func connected() {
        connections += 1
        maximumConnections = max(maximumConnections, connections)
    }

    mutating func disconnected() { connections -= 1 }

    /// Starts again, but what is open stays open.
    mutating func reset() {
        var fresh = Counters()
        fresh.connections = connections
        fresh.maximumConnections = connections
        for (mailbox, lane) in lanes {
            var new = Lane()
            new.inFlight = lane.inFlight
            new.maximumInFlight = lane.inFlight
            new.submissions = lane.submissions
            new.granted = lane.granted
            new.maximumSubmissions = lane.submissions
            new.connections = lane.connections
            new.maximumConnections = lane.connections
            fresh.lanes[mailbox] = new
        }
        self = fresh
    }

    var json: JSONValue {
        let mailboxes = lanes.mapValues(\.json)
        let byOperation = requests.mapValues { counts in JSONValue.object(counts.mapValues { .number($0) }) }
        return [
            "requests": .object(byOperation), "throttled": .number(throttled), "mailboxes": .object(mailboxes),
            "smtp_connections": .number(connections), "max_smtp_connections": .number(maximumConnections),
        ]
    }
}

extension Counters.Lane {
    mutating func enter() {
        inFlight += 1
        maximumInFlight = max(maximumInFlight, inFlight)
    }

    mutating func connect() {
        connections += 1
        maximumConnections = max(maximumConnections, connections)
    }

    mutating func submit(isGranted: Bool) {
        submissions += 1
        granted += isGranted ? 1 : 0
        maximumSubmissions = max(maximumSubmissions, submissions)
    }

    mutating func finishSubmission(isGranted: Bool) {
        submissions -= 1
        granted -= isGranted ? 1 : 0
    }

    var json: JSONValue {
        [
            "messages": .number(accepted), "max_messages_per_minute": .number(messages.peak),
            "concurrency": .number(inFlight), "max_concurrency": .number(maximumInFlight),
            "smtp_submissions": .number(submissions), "max_smtp_submissions": .number(maximumSubmissions),
            "smtp_connections": .number(connections), "max_smtp_connections": .number(maximumConnections),
            "smtp_throttled": .number(smtpThrottled),
        ]
    }
}
