import EmailLog
import Foundation
import MailModel

/// What an alert tells: the document that `format: json` posts, and what all other forms are made of.
struct AlertEvent: Codable, Hashable, Sendable {
    enum State: String, Codable, Sendable { case opened, updated, closed, test }

    /// A message in trouble; for `token_error` and `quota` a route or mailbox, for `secret_expires` and
    /// `trial_rollback` a route.
    struct Sample: Codable, Hashable, Sendable {
        var id: String
        var status: String
        var error: String
    }

    var name: String
    var state: State
    var condition: String
    /// Messages; of `queue_age` the oldest one's age in seconds, of `quota` the highest use in percent. At the closing, the highest since the opening.
    var count: Int
    /// When the condition became true, as times stand in `email_log`.
    var since: String
    /// When this was said.
    var date: String
    var hostname: String
    /// One sentence.
    var text: String
    var samples: [Sample]

    var isOver: Bool { state == .closed || state == .test }

    var title: String { "Postern \(hostname): alert \(name) \(state.rawValue)" }

    /// For people, over several lines.
    var report: String {
        let head = ["\(text).", "", "Alert:     \(name), \(state.rawValue)", "Condition: \(condition)"]
        let place = ["Since:     \(since) UTC", "Host:      \(hostname)"]
        let rows = samples.map(\.line)
        return (head + place + (rows.isEmpty ? [] : [""] + rows)).joined(separator: "\n") + "\n"
    }
}

extension AlertEvent.Sample {
    /// Longer refusals are cut off: the log has them whole.
    var line: String { "\(id)  \(status)  \(error.count > 300 ? error.prefix(299) + "…" : error[...])" }
}

extension AlertEvent {
    init(
        _ alert: Alert, _ state: State, _ episode: AlertState.Episode, samples: [Sample], hostname: String,
        at now: Timestamp
    ) {
        let count = state == .closed ? episode.peak : episode.told
        let summary = alert.condition.summary(count)
        let span = AlertCondition.spoken(now - episode.openedAt)
        self.init(
            name: alert.name, state: state, condition: alert.condition.description, count: count,
            since: episode.openedAt.description, date: now.description, hostname: hostname,
            text: state == .closed ? "Over after \(span); at its height, \(summary)" : summary.firstUppercased,
            samples: samples)
    }

    /// What `postern alert test` sends.
    static func test(_ alert: Alert, hostname: String, at now: Timestamp) -> AlertEvent {
        AlertEvent(
            name: alert.name, state: .test, condition: alert.condition.description, count: 0, since: now.description,
            date: now.description, hostname: hostname, text: "This is a test of the alert, nothing is wrong",
            samples: [])
    }

    /// As stored, and as `format: json` posts it.
    var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }

    init?(json: String) {
        guard let event = try? JSONDecoder().decode(AlertEvent.self, from: Data(json.utf8)) else { return nil }
        self = event
    }
}

extension AlertCondition {
    /// What was found, as part of a sentence.
    fileprivate func summary(_ count: Int) -> String {
        func number(_ one: String, _ many: String) -> String { count == 1 ? "1 \(one)" : "\(count) \(many)" }
        switch self {
        case .count(let metric, _, let span):
            return "\(number("message", "messages")) \(metric.words(count)) within \(Quantity.text(span))"
        case .queueAge: return "the oldest message has waited for \(Self.spoken(.seconds(count)))"
        case .tokenError:
            return number("route or mailbox waits for an operator", "routes or mailboxes wait for an operator")
        case .trialRollback: return number("trial has", "trials have") + " been rolled back"
        case .quota: return "a quota is used to \(count)%"
        case .secretExpires(let span):
            return number("credential expires", "credentials expire") + " within \(Quantity.text(span))"
        }
    }

    /// In the unit a person would choose: `95s`, `17m`, `5h`.
    fileprivate static func spoken(_ span: Duration) -> String {
        let seconds = max(0, span.components.seconds)
        let unit = [("d", 86400), ("h", 3600), ("m", 60)].first { seconds >= 2 * $0.1 }
        return unit.map { "\(seconds / $0.1)\($0.0)" } ?? "\(seconds)s"
    }
}

extension TroubleMetric {
    fileprivate func words(_ count: Int) -> String {
        switch self {
        case .failed: "failed"
        case .deferred: count == 1 ? "was deferred" : "were deferred"
        case .throttled: count == 1 ? "was throttled" : "were throttled"
        case .fellBack: "fell back to the other path"
        case .unknown: "had an unknown outcome"
        case .setAside: count == 1 ? "was set aside" : "were set aside"
        }
    }
}

extension String {
    fileprivate var firstUppercased: String { prefix(1).uppercased() + dropFirst() }
}
