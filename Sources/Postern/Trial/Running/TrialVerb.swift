package import DeliveryPolicy
package import EmailLog
import MailModel

/// What an operator does to a trial, beside a service or without one.
package enum TrialVerb: Hashable, Sendable {
    case start, stop
    case percent(TrialShare)

    /// Why it cannot be done.
    package enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        case noTrial
        case unknownRoute(String)
        case notTried(String)
        case ambiguous([String])

        package var description: String {
            switch self {
            case .noTrial: "no route has a trial: add a `trial` section to one, and reload or start the service"
            case .unknownRoute(let name): "there is no route \(name) in the configuration"
            case .notTried(let name): "route \(name) has no `trial` section"
            case .ambiguous(let names):
                "several routes have trials: choose one with --route (\(names.joined(separator: ", ")))"
            }
        }
    }

    /// The route that is meant.
    ///
    /// - Parameter name: `nil` where only one route has a trial.
    package static func route(_ name: String?, in configuration: Configuration) throws(Failure) -> Route {
        let tried = configuration.routes.filter { $0.trial != nil }
        if let name {
            guard let route = configuration.routes.first(where: { $0.name == name }) else { throw .unknownRoute(name) }
            guard route.trial != nil else { throw .notTried(name) }
            return route
        }
        guard let route = tried.first else { throw .noTrial }
        guard tried.count == 1 else { throw .ambiguous(tried.map(\.name)) }
        return route
    }

    /// Writes it into the store, where a running service finds it within a second.
    package func apply(to route: Route, in log: EmailLog, clocks: Clocks = .system()) async throws(EmailLogError) {
        while true {
            let now = clocks.now()
            guard var trial = try await [route].trials(in: log, at: now).first else { return }
            let before = trial.standing
            switch self {
            case .start: trial.standing.start(at: now)
            case .stop: trial.standing.stop(at: now)
            case .percent(let share): trial.standing.setShare(share)
            }
            if trial.standing == before, trial.revision > 0 { return }
            if try await log.keep(trial.record) { return }
        }
    }
}
