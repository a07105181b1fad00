import GraphProtocol
import Logging
import MailModel

/// Says what a route's `exactly_once` lacks before an answer is lost.
extension DeliveryManager {
    /// True after the start and after each reload, and once a minute while Entra does not answer.
    func isTimeForPermissions() -> Bool {
        let now = clocks.instant()
        guard !uncheckedPermissions.isEmpty, now >= nextPermissionLook else { return false }
        nextPermissionLook = now + .seconds(60)
        return true
    }

    static func needPermissions(_ routes: [DeliveryRoute]) -> Set<String> {
        Set(routes.filter { $0.lostAnswers.mode != .off && $0.paths[.graph] is GraphPath }.map(\.name))
    }

    /// By what the tokens say; `postern check` asks Graph itself.
    func checkPermissions() async {
        for name in uncheckedPermissions.sorted() {
            guard let route = routes[name], let graph = route.paths[.graph] as? GraphPath,
                case .success(let held) = await graph.tokens.token(), uncheckedPermissions.remove(name) != nil
            else { continue }
            let mode = route.lostAnswers.mode
            guard mode.isPermitted(by: TokenClaims(held.token)) == false, let advice = mode.permissionAdvice else {
                continue
            }
            logger.warning(
                "a permission that `exactly_once` needs is not in the token",
                metadata: [LogKey.route: "\(route.name)", LogKey.mode: "\(mode.rawValue)", LogKey.advice: "\(advice)"])
        }
    }
}
