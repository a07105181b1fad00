import MIME
package import MailModel

/// A message that proves a path from end to end: `postern check --send-to`.
extension Checkup {
    /// How long a running service has to send it.
    private static let patienceWithService = Duration.seconds(20)

    package func send(to recipient: Address, _ report: (CheckItem) -> Void) async {
        for route in configuration.routes {
            for path in route.paths {
                for item in await send(to: recipient, route, path) { report(item) }
            }
        }
    }

    private func send(to recipient: Address, _ route: Route, _ path: Path) async -> [CheckItem] {
        let name = "send \(path.rawValue)"
        guard let sender = party(of: route)?.sender else { return [unknownParty(name, route)] }
        let message = message(from: sender, to: recipient, by: path)
        do {
            let delivery = DirectDelivery(
                configuration, via: path, clocks: clocks, patience: Self.patienceWithService)
            let report = try await delivery.send(message, Envelope(sender: sender, recipients: [recipient]))
            return report.steps.map { $0.item(name, "\(sender) to \(recipient)") }
        } catch {
            return [CheckItem(name, route.name, .failed(.other), "\(error)")]
        }
    }

    private func message(from sender: Address, to recipient: Address, by path: Path) -> [UInt8] {
        var random = SystemRandomNumberGenerator()
        let number = UInt64.random(in: 0...(.max), using: &random)
        let builder = MessageBuilder(
            from: NamedAddress(address: sender), to: [NamedAddress(address: recipient)],
            subject: "Test message by \(path.rawValue)",
            text: "Sent by `postern check` on \(configuration.hostname) through \(path.rawValue).\n", html: nil,
            date: clocks.now(), messageID: "<check.\(String(number, radix: 36))@\(configuration.hostname)>")
        return builder.build(using: &random)
    }
}

extension DirectDelivery.Step {
    fileprivate func item(_ name: String, _ subject: String) -> CheckItem {
        guard let refusal = outcome.refusal else {
            return CheckItem(name, subject, .ok, "accepted after \(duration.milliseconds) ms, message \(id)")
        }
        return CheckItem(
            name, subject, .failed(refusal.fault), "\(outcome.word): \(refusal.words)", advice: refusal.advice(on: path)
        )
    }
}
