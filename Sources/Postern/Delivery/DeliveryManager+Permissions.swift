import GraphProtocol
import Logging
import MailModel

/// Says what a route's `exactly_once` lacks before an answer is lost.
extension DeliveryManager {
    /// True once after the start and after each reload.
    func isTimeForPermissions() -> Bool {
        defer { hasCheckedPermissions = true }
        return !hasCheckedPermissions
    }

    /// By what the tokens say; `postern check` asks Graph itself.
    func checkPermissions() async {
        for route in routes.values.sorted(by: { $0.name < $1.name }) {
            let mode = route.lostAnswers.mode
            guard mode != .off, let graph = route.paths[.graph] as? GraphPath,
                case .success(let held) = await graph.tokens.token(),
                mode.isPermitted(by: TokenClaims(held.token)) == false, let advice = mode.permissionAdvice
            else { continue }
            logger.warning(
                "a permission that `exactly_once` needs is not in the token",
                metadata: [LogKey.route: "\(route.name)", LogKey.mode: "\(mode.rawValue)", LogKey.advice: "\(advice)"])
        }
    }
}
