import DeliveryPolicy
import MailModel
import Postern

/// `postern trial` for people.
extension TrialStatus {
    func show(on terminal: Terminal, isServed: Bool, now: Timestamp) {
        let color: Terminal.Style = trial.standing.state == .running ? .green : .yellow
        terminal.write(terminal.paint("\(trial.route): \(trial.stateWords)", color))
        for line in lines(now: now) { terminal.write("  \(line)") }
        if !isServed {
            terminal.write(terminal.paint("  No service is running: it holds from its next start on.", .yellow))
        }
        if trial.isOutdated {
            terminal.write(
                terminal.paint("  The service runs it as it was configured before: reload it (SIGHUP).", .yellow))
        }
    }

    private func lines(now: Timestamp) -> [String] {
        let since = "since \(trial.standing.since) UTC"
        let reason = trial.standing.reason.map { ", because \($0)" } ?? ""
        var lines = [since + reason]
        if trial.standing.state != .running {
            lines.append("`postern trial start` starts it, with \(trial.chosenShare)")
        }
        if trial.standing.share != nil { lines.append("the share was set by `postern trial percent`") }
        if let next { lines.append("next step: \(next.share) in \((next.date - now).spoken), if all stays well") }
        let arms = TrialArm.allCases.filter { messages[$0, default: 0] > 0 }
        let counts = arms.map { "\($0.rawValue) \(messages[$0, default: 0])" }.joined(separator: ", ")
        lines.append("messages since it was started: \(counts.isEmpty ? "none" : counts)")
        if let rule { lines.append(rule.words) }
        return lines
    }
}

extension TrialStatus.Standing {
    fileprivate var words: String {
        let last = messages == 0 ? "no message has had an answer yet" : "\(hits) of the last \(messages) messages"
        return "rolls back when \(rule): \(last), at \(rule.threshold) it would"
    }
}

extension TrialStatus {
    static func json(_ all: [TrialStatus], isServed: Bool) -> JSON {
        .object([.init("service", .bool(isServed)), .init("trials", .array(all.map(\.json)))])
    }

    var json: JSON {
        guard case .object(let members) = trial.json else { return .null }
        return .object(
            members + [
                .init("next_percent", next.map { .number($0.share.percent) } ?? .null),
                .init("next_date", .text(next?.date.description)),
                .init(
                    "messages",
                    .object(TrialArm.allCases.map { .init($0.rawValue, .whole(messages[$0, default: 0])) })),
                .init("rollback", rule?.json ?? .null),
            ])
    }
}

extension TrialStatus.Standing {
    fileprivate var json: JSON {
        .object([
            .init("when", .string(rule.description)), .init("hits", .whole(hits)), .init("messages", .whole(messages)),
            .init("threshold", .whole(rule.threshold)),
        ])
    }
}

extension RouteTrial {
    /// In a line of `postern trial` and of `postern queue`.
    var stateWords: String {
        let what = settings.mode == .split ? "by \(path.rawValue)" : "in \(path.rawValue)'s shadow"
        return switch standing.state {
        case .running: "running, \(share) of its mail \(what)"
        case .rolledBack: "rolled back to \(share)"
        case .stopped: "stopped"
        }
    }

    var json: JSON {
        .object([
            .init("route", .string(route)), .init("mode", .string(settings.mode.rawValue)),
            .init("path", .string(path.rawValue)), .init("state", .string(standing.state.rawValue)),
            .init("percent", .number(share.percent)), .init("since", .string(standing.since.description)),
            .init("started_date", .string(standing.startedDate.description)), .init("reason", .text(standing.reason)),
        ])
    }
}
