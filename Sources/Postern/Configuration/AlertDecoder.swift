import MailModel

/// The `alerts` entries of the configuration file.
enum AlertDecoder {
    static func alerts(_ root: Section) -> [Alert] {
        root.has("alerts") ? root.sections("alerts").compactMap(alert) : Alert.defaults
    }

    private static func alert(_ section: Section) -> Alert? {
        defer { section.finish() }
        let name = section.required("name")
        if !section.has("when") { section.missing("when", "is missing; write \(AlertCondition.form)") }
        let condition = section.scalar("when", expected: AlertCondition.form) { AlertCondition($0) }
        let webhook = section.section("webhook").flatMap(webhook)
        let email = section.scalar("email", expected: "an address") { try? Address(parsing: $0) }
        let command = section.list("command", expected: "a program and its arguments") { $0 }
        if section.has("command"), command.first?.isEmpty ?? true {
            section.problem("command", "names no program; write [/usr/local/bin/page, an argument]")
        }
        guard let name, let condition else { return nil }
        return Alert(name: name, condition: condition, webhook: webhook, email: email, command: command)
    }

    private static func webhook(_ section: Section) -> Alert.Webhook? {
        defer { section.finish() }
        if !section.has("url") { section.missing("url") }
        let url = section.secret("url")
        let format: Alert.Webhook.Format? = section.choice("format")
        // What was found is not repeated: the address is a secret.
        if let text = url?.reveal(), !["https://", "http://"].contains(where: text.hasPrefix) || text.contains(" ") {
            section.problem("url", "expected an address such as https://host/path")
        }
        return url.map { Alert.Webhook(url: $0, format: format ?? .json) }
    }
}
