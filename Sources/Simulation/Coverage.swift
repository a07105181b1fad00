package import MailModel

/// Which events have met which states, and how often.
package struct Coverage: Sendable {
    /// What happens to a message, or to the process that holds it.
    package enum Event: String, CaseIterable, Sendable {
        case accept, claim, fallBack, putBack, sent, rejected, givenUp, retry, wait, moved, unknown, split, expire,
            recover
        case hold, release, cancel, resend, crash, restart, reload, diskFailure
    }

    /// What the store knows of a path, for a mailbox.
    package enum PathState: String, CaseIterable, Sendable {
        case open, mailboxPaused, mailboxProbing, routePaused, routeProbing
    }

    package enum PathEvent: String, CaseIterable, Sendable {
        case begin, accepted, throttled, unavailable, needsOperator, message, unknown, cannotCarry, crash, reload
    }

    package private(set) var messages: [Status: [Event: Int]] = [:]
    package private(set) var paths: [PathState: [PathEvent: Int]] = [:]

    package init() {}

    mutating func add(_ status: Status, _ event: Event, times: Int = 1) {
        messages[status, default: [:]][event, default: 0] += times
    }

    mutating func add(_ state: PathState, _ event: PathEvent) { paths[state, default: [:]][event, default: 0] += 1 }

    package mutating func add(_ other: Coverage) {
        for (status, events) in other.messages {
            for (event, times) in events { add(status, event, times: times) }
        }
        for (state, events) in other.paths {
            paths[state, default: [:]].merge(events) { $0 + $1 }
        }
    }

    package func count(_ status: Status, _ event: Event) -> Int { messages[status]?[event] ?? 0 }
    package func count(_ state: PathState, _ event: PathEvent) -> Int { paths[state]?[event] ?? 0 }

    /// Two tables, with a point where a pair was not met.
    package var text: String {
        let messages = Self.table(Event.allCases.map(\.rawValue), Status.allCases.map(\.word)) { row, column in
            count(Status.allCases[row], Event.allCases[column])
        }
        let paths = Self.table(PathEvent.allCases.map(\.rawValue), PathState.allCases.map(\.rawValue)) { row, column in
            count(PathState.allCases[row], PathEvent.allCases[column])
        }
        return messages + "\n" + paths
    }

    /// Events go down, since there are more of them.
    private static func table(_ events: [String], _ states: [String], _ count: (Int, Int) -> Int) -> String {
        let head = pad("", 14) + states.map { pad($0, 16) }.joined()
        let lines = events.indices.map { event in
            pad(events[event], 14)
                + states.indices.map { state in
                    let times = count(state, event)
                    return pad(times == 0 ? "·" : "\(times)", 16)
                }.joined()
        }
        return ([head] + lines).joined(separator: "\n") + "\n"
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }
}
