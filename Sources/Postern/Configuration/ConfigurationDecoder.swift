import DeliveryPolicy
import EmailLog
import MailModel
import TLS
import Yams

/// From the text of a configuration file to values, or to all that is wrong with it.
package enum ConfigurationDecoder {
    /// - Parameters:
    ///   - file: the name that problems carry.
    ///   - hostname: what `hostname` defaults to.
    /// - Returns: the configuration, and the warnings that do not stand in its way.
    package static func decode(
        _ text: String, file: String, secrets: SecretSources, hostname: String
    ) throws(ConfigurationError) -> (configuration: Configuration, warnings: [ConfigurationProblem]) {
        let reader = Section.Reader(file: file, secrets: secrets)
        let root = try root(of: text, reader: reader)
        let configuration = configuration(root, hostname: hostname)
        root.finish()
        let errors = reader.problems.filter { $0.severity == .error }.sorted { ($0.line ?? 0) < ($1.line ?? 0) }
        guard errors.isEmpty else { throw ConfigurationError(problems: errors) }
        return (configuration, reader.problems.filter { $0.severity == .warning })
    }

    static func root(of text: String, reader: Section.Reader) throws(ConfigurationError) -> Section {
        do {
            let node = try Yams.compose(yaml: text)
            guard let mapping = node?.mapping else {
                reader.report(
                    "the file holds no keys; see the commented reference, config/postern.yaml", key: "", line: 1)
                throw ConfigurationError(problems: reader.problems)
            }
            return Section(mapping, path: "", line: 1, reader: reader)
        } catch let error as ConfigurationError {
            throw error
        } catch {
            throw ConfigurationError(problems: [syntaxProblem(error, file: reader.file)])
        }
    }

    private static func syntaxProblem(_ error: any Error, file: String) -> ConfigurationProblem {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            ConfigurationProblem(file: file, line: mark.line, key: "", text: "not valid YAML: \(problem)")
        case .duplicatedKeysInMapping(let duplicates, let context):
            ConfigurationProblem(
                file: file, line: context.mark.line, key: "",
                text: "the key `\(duplicates.joined(separator: "`, `"))` stands here twice")
        default:
            ConfigurationProblem(file: file, line: nil, key: "", text: "not valid YAML: \(error)")
        }
    }

    private static func configuration(_ root: Section, hostname: String) -> Configuration {
        let listeners = root.sections("smtp").compactMap(ListenerDecoder.listener)
        let configuration = Configuration(
            hostname: root.scalar("hostname", expected: "a host name such as relay.contoso.com", parse: hostName)
                ?? hostname,
            store: store(root),
            listeners: root.has("smtp") ? listeners : ListenerDecoder.defaultListeners,
            tls: root.section("tls").flatMap(tlsFiles),
            users: root.sections("users").compactMap(user),
            routes: root.sections("routes").compactMap(RouteDecoder.route),
            retry: root.section("retry").map(retry) ?? RetrySchedule(),
            bounce: root.section("bounce").map(bounce) ?? .init(),
            retention: root.section("retention").map(retention) ?? defaultRetention,
            alerts: AlertDecoder.alerts(root),
            log: root.section("log").map(logSettings) ?? .init())
        root.later("http")
        checkWhole(configuration, root)
        return configuration
    }

    /// It is said in EHLO and written into headers.
    static func hostName(_ text: String) -> String? { (try? Address(parsing: "x@\(text)")).map { _ in text } }

    /// What no single key shows.
    private static func checkWhole(_ configuration: Configuration, _ root: Section) {
        if !root.has("routes") || root.sections("routes").isEmpty {
            root.missing("routes", "is missing: without a route no mail can be accepted")
        }
        if configuration.tls == nil, !root.has("tls"), configuration.listeners.contains(where: { $0.tls != .off }) {
            root.missing("tls", "is missing: a listener offers TLS, so certificate and private_key must be named")
        }
        if configuration.users.isEmpty, !root.has("users"),
            configuration.listeners.contains(where: { $0.authentication != .off })
        {
            root.missing("users", "is missing: a listener has auth, but nobody could log in")
        }
        checkBounce(configuration, root)
        checkLimits(configuration, root)
        for name in repeated(configuration.routes.map(\.name)) {
            root.problem("routes", "the name `\(name)` stands twice")
        }
        for name in repeated(configuration.users.map(\.name)) {
            root.problem("users", "the name `\(name)` stands twice")
        }
        for name in repeated(configuration.alerts.map(\.name)) {
            root.problem("alerts", "the name `\(name)` stands twice")
        }
        for address in repeated(configuration.listeners.filter { $0.address.port != 0 }.map(\.address.description)) {
            root.problem("smtp", "two listeners have the address \(address)")
        }
    }

    /// Mail that no route takes could not be sent.
    private static func checkBounce(_ configuration: Configuration, _ root: Section) {
        guard configuration.bounce.mode == .sender, let from = configuration.bounce.from else { return }
        if case .lane = ReceptionRules(configuration).route(headerFrom: from, envelopeSender: nil) { return }
        root.problem("bounce", "no route takes mail from \(from); name a sender of a route as `from`, or leave it out")
    }

    static func repeated(_ names: [String]) -> [String] {
        Dictionary(grouping: names, by: \.self).filter { $0.value.count > 1 }.keys.sorted()
    }

    static func store(_ root: Section) -> String {
        let path = root.string("store") ?? "./postern.sqlite"
        if path.hasPrefix("postgres://") || path.hasPrefix("postgresql://") {
            root.problem("store", "PostgreSQL is not supported by this version; name a SQLite file")
        }
        return path
    }

    private static func tlsFiles(_ section: Section) -> Configuration.TLSFiles? {
        defer { section.finish() }
        guard let certificate = section.required("certificate"), let key = section.required("private_key") else {
            return nil
        }
        return Configuration.TLSFiles(certificate: certificate, privateKey: key)
    }

    private static func user(_ section: Section) -> Configuration.User? {
        defer { section.finish() }
        if !section.has("password_hash") {
            section.missing("password_hash", "is missing; make one with `postern hash-password`")
        }
        let name = section.required("name")
        let hash = section.secret("password_hash")
        let senders = section.pattern("senders")
        let priority: Priority? = section.choice("priority")
        if !section.has("senders") {
            section.problem("senders", "is missing: this user may send as nobody", severity: .warning)
        }
        if let hash, (try? PasswordHash(parsing: hash.reveal())) == nil {
            section.problem("password_hash", "is not a hash that `postern hash-password` prints")
        }
        guard let name, let hash else { return nil }
        return Configuration.User(name: name, passwordHash: hash, senders: senders, priority: priority)
    }

    private static func retry(_ section: Section) -> RetrySchedule {
        defer { section.finish() }
        let defaults = RetrySchedule()
        let retry = RetrySchedule(
            first: section.duration("first", in: .milliseconds(1) ... .seconds(86400)) ?? defaults.backoff.first,
            factor: section.number("factor", in: 1...100) ?? defaults.backoff.factor,
            max: section.duration("max", in: .milliseconds(1) ... .seconds(7 * 86400)) ?? defaults.backoff.max,
            jitter: section.number("jitter", in: 0...1) ?? defaults.backoff.jitter,
            giveUpAfter: section.duration("give_up_after", in: .seconds(1) ... .seconds(365 * 86400))
                ?? defaults.giveUpAfter)
        if retry.backoff.max < retry.backoff.first { section.problem("max", "is shorter than `first`") }
        return retry
    }

    private static func bounce(_ section: Section) -> Configuration.Bounce {
        defer { section.finish() }
        return Configuration.Bounce(
            mode: section.choice("mode") ?? .off,
            from: section.scalar("from", expected: "an address") { try? Address(parsing: $0) })
    }

    private static let defaultRetention = Retention(
        bodies: .zero, failedBodies: .seconds(30 * 86400), log: .seconds(90 * 86400))

    private static func retention(_ section: Section) -> Retention {
        defer { section.finish() }
        return Retention(
            bodies: section.duration("bodies") ?? defaultRetention.bodies,
            failedBodies: section.duration("failed_bodies") ?? defaultRetention.failedBodies,
            // A day at least: the limits per day are remembered by the log.
            log: section.duration("log", in: .seconds(86400) ... .seconds(3650 * 86400)) ?? defaultRetention.log)
    }

    private static func logSettings(_ section: Section) -> Configuration.LogSettings {
        defer { section.finish() }
        return Configuration.LogSettings(
            level: section.choice("level") ?? .info, format: section.choice("format") ?? .text)
    }
}
