package import DeliveryPolicy
import EmailLog
package import MailModel

/// What a trial changes in delivery: which path the rows of its arm take first.
extension DeliveryManager {
    /// Of every route that has a running trial, the path it tries. Takes effect at once: where none runs any more, what
    /// waits for that path goes like all other mail.
    package func conductTrials(by paths: [String: Path]) async {
        let changed = routes.values.filter { trialPaths[$0.name] != paths[$0.name] }
        trialPaths = paths
        guard !changed.isEmpty else { return }
        let now = clocks.instant()
        for route in changed { scheduler.configure(route.name, limits(of: route), at: now) }
        do {
            // They wait for the end of a pause on another path than they take now.
            for route in changed { try await log.hurry(.trial, of: route.name, to: clocks.now()) }
        } catch {
            rest(after: error)
        }
        lookAgain()
    }

    /// Of a route, how its paths do as a whole.
    package func pathStatus(of route: String) -> [PathStatus] {
        scheduler.pathStatus(route: route, at: clocks.instant())
    }

    func limits(of route: DeliveryRoute) -> RouteLimits {
        var limits = route.limits
        limits.trialPath = trialPaths[route.name]
        return limits
    }
}
