import Foundation
import MailModel

/// Whether an alert's channels could tell anybody; `postern alert test` uses them.
extension Checkup {
    func alertItems(_ way: inout NetworkCheck) async -> [CheckItem] {
        var items: [CheckItem] = []
        for alert in configuration.alerts {
            if let origin = alert.webhook.flatMap({ Self.origin(of: $0.url) }) {
                items += await way.items(.web(url: origin, caFile: nil, proxy: nil))
            }
            items += [mailItem(alert), commandItem(alert)].compactMap(\.self)
        }
        return items
    }

    /// Without its path, which is the secret.
    private static func origin(of url: Secret) -> String? {
        guard let parts = URLComponents(string: url.reveal()), let scheme = parts.scheme, let host = parts.host else {
            return nil
        }
        return "\(scheme)://\(host)\(parts.port.map { ":\($0)" } ?? "")"
    }

    private func mailItem(_ alert: Alert) -> CheckItem? {
        guard let recipient = alert.email else { return nil }
        guard let sender = AlertMail.sender(for: recipient, in: configuration) else {
            return CheckItem(
                "alert email", alert.name, .failed(.configuration),
                "no route takes mail from \(recipient), and none has a `mailbox` it could come from",
                advice: "Add the address to a route's `senders`, or name a `mailbox`.")
        }
        return CheckItem("alert email", alert.name, .ok, "goes to \(recipient), from \(sender)")
    }

    private func commandItem(_ alert: Alert) -> CheckItem? {
        guard let program = alert.command.first else { return nil }
        guard Self.isExecutable(program) else {
            return CheckItem(
                "alert command", alert.name, .failed(.configuration), "\(program) is not a program this user may run",
                advice: "Name it by its full path, and make it executable: `chmod +x \(program)`.")
        }
        return CheckItem("alert command", alert.name, .ok, "\(program) can be run")
    }

    /// By its path, or found on `$PATH`.
    private static func isExecutable(_ program: String) -> Bool {
        guard !program.contains("/") else { return isProgram(program) }
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
        return folders.contains { isProgram("\($0)/\(program)") }
    }

    private static func isProgram(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
    }
}
