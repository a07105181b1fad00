import DeliveryPolicy
import GraphProtocol
import MailModel

/// The `routes` entries of the configuration file.
enum RouteDecoder {
    static func route(_ section: Section) -> Route? {
        defer { section.finish() }
        let name = section.required("name")
        if !section.has("senders") { section.missing("senders", "is missing; write [\"*\"] for every sender") }
        let senders = section.pattern("senders")
        let mailbox = section.scalar("mailbox", expected: "an address") { try? Address(parsing: $0) }
        let mailboxes = mailboxRules(section)
        let limits = section.section("limits").map(limits) ?? .init()
        let primary: Path = section.choice("primary") ?? .graph
        let graph = section.section("graph").flatMap(GraphDecoder.graph)
        let smtp = section.section("smtp").map { SubmissionHostDecoder.host($0, cloud: graph?.cloud ?? .global) }
        let unrepresentable: SendPlan.Unrepresentable? = section.choice("unrepresentable")
        let trial = section.section("trial")
        checkPaths(section, primary, smtp)
        guard let name else { return nil }
        var route = Route(
            name: name, senders: senders, mailbox: mailbox, mailboxes: mailboxes, limits: limits, primary: primary,
            graph: graph, smtp: smtp, unrepresentable: unrepresentable ?? .fallback)
        route.fallback = fallback(section, of: route)
        if route.limits.externalRecipients != nil, route.acceptedDomains.isEmpty {
            section.problem(
                "limits", "external_recipients needs accepted_domains here, as the route names no domain of its own")
        }
        route.trial = trial.flatMap { TrialDecoder.trial($0, hasOtherPath: route.other != nil) }
        return route
    }

    private static func checkPaths(_ section: Section, _ primary: Path, _ smtp: SubmissionHost?) {
        if primary == .graph, !section.has("graph") {
            section.missing("graph", "is missing: tenant, client_id and a credential say how to reach Microsoft")
        }
        if primary == .smtp, !section.has("smtp") {
            section.missing("smtp", "is missing: `primary: smtp` needs a submission host")
        }
        if smtp?.authentication == .xoauth2, !section.has("graph") {
            section.missing(
                "graph",
                "is missing: `auth: xoauth2` takes its tenant, client_id and credential; or write auth: password")
        }
    }

    /// Where a route has two paths it uses them, unless told otherwise.
    private static func fallback(_ section: Section, of route: Route) -> FallbackRule? {
        guard let rule = section.section("fallback") else { return route.other == nil ? nil : FallbackRule() }
        defer { rule.finish() }
        let defaults = FallbackRule()
        let conditions = rule.list("on", expected: "unavailable, unauthorized, unrepresentable or throttled") {
            FallbackRule.Condition(rawValue: $0)
        }
        let after = rule.duration("after", in: .zero ... .seconds(86400)) ?? defaults.after
        guard route.other != nil else {
            let missing = route.primary == .graph ? "smtp" : "graph"
            section.problem("fallback", "has nowhere to go: the route has no `\(missing)` section")
            return nil
        }
        return FallbackRule(on: rule.has("on") ? Set(conditions) : defaults.on, after: after)
    }

    private static func mailboxRules(_ section: Section) -> [Router.MailboxRule] {
        section.pairs(
            "mailboxes", keys: { SenderPattern($0) }, values: { try? Address(parsing: $0) },
            expected: "sender patterns and their mailboxes, as {\"*@contoso.com\": noreply@contoso.com}"
        ).map { Router.MailboxRule(senders: $0.0, mailbox: $0.1) }
    }

    private static func limits(_ section: Section) -> Route.Limits {
        defer { section.finish() }
        let defaults = Route.Limits()
        let domains = section.list("accepted_domains", expected: "a domain such as contoso.com or *.contoso.com") {
            SenderPattern("*@\($0)")
        }
        return Route.Limits(
            messages: section.rate("messages_per_mailbox") ?? defaults.messages,
            recipients: section.rate("recipients_per_mailbox") ?? defaults.recipients,
            recipientsPerMessage: section.integer("recipients_per_message", in: 1...1000)
                ?? defaults.recipientsPerMessage,
            externalRecipients: section.rate("external_recipients"),
            acceptedDomains: section.has("accepted_domains") ? domains : nil)
    }
}

/// The `graph` part of a route.
enum GraphDecoder {
    static func graph(_ section: Section) -> Graph? {
        defer { section.finish() }
        let tenant = tenant(section)
        let clientID = clientID(section)
        let credentials = credentials(section)
        var graph = Graph(tenant: tenant ?? "", clientID: clientID ?? "", credentials: credentials)
        graph.cloud = section.choice("cloud") ?? graph.cloud
        graph.loginEndpoint = endpoint("login_endpoint", section)
        graph.graphEndpoint = endpoint("graph_endpoint", section)
        graph.caFile = section.string("ca_file")
        graph.proxy = section.secret("proxy")
        if let proxy = graph.proxy?.reveal(), !proxy.hasPrefix("http://"), !proxy.hasPrefix("https://") {
            section.problem("proxy", "expected http(s)://[user:password@]host:port")
        }
        graph.secretExpires = section.scalar("secret_expires", expected: "a date such as 2027-01-31") { Timestamp($0) }
        graph.exactlyOnce = section.choice("exactly_once") ?? graph.exactlyOnce
        graph.lookupAfter = section.duration("lookup_after", in: .zero ... .seconds(86400)) ?? graph.lookupAfter
        graph.onUnknown = section.choice("on_unknown") ?? graph.onUnknown
        graph.mimeLimit = section.size("mime_limit", in: 1000...3_000_000) ?? graph.mimeLimit
        graph.large = section.choice("large") ?? graph.large
        graph.limits = section.section("limits").map(limits) ?? .init()
        section.later("sent_items")
        return tenant == nil || clientID == nil || credentials.isEmpty ? nil : graph
    }

    private static func tenant(_ section: Section) -> String? {
        let tenant = section.required("tenant")
        if tenant == "common" || tenant == "consumers" || tenant == "organizations" {
            section.problem(
                "tenant", "must be the directory's id or one of its domains: client credentials know no shared tenant")
        }
        return tenant
    }

    /// A managed identity has no app registration to name; everything else has.
    private static func clientID(_ section: Section) -> String? {
        section.has("managed_identity") ? section.string("client_id") ?? "" : section.required("client_id")
    }

    private static func endpoint(_ key: String, _ section: Section) -> String? {
        section.scalar(key, expected: "an address such as https://host:port") { text in
            guard text.hasPrefix("https://") || text.hasPrefix("http://"), !text.contains(" ") else { return nil }
            return text.hasSuffix("/") ? String(text.dropLast()) : text
        }
    }

    private static let kinds = ["client_secret", "certificate", "federated_token_file", "managed_identity"]

    private static func credentials(_ section: Section) -> [Graph.Credential] {
        let given = kinds.filter(section.has)
        if given.count != 1 {
            let found = given.isEmpty ? "none is" : "\(given.joined(separator: " and ")) are"
            section.missing(
                given.first ?? "client_secret",
                "exactly one of \(kinds.joined(separator: ", ")) must be given; \(found)")
        }
        let secrets = section.secrets("client_secret").map { Graph.Credential.secret($0) }
        let certificate = section.section("certificate").flatMap(certificate)
        let federated = section.string("federated_token_file", expected: "a path").map {
            Graph.Credential.federatedTokenFile($0)
        }
        let identity = section.string("managed_identity", expected: "system or a client id").map {
            Graph.Credential.managedIdentity(clientID: $0 == "system" ? nil : $0)
        }
        return secrets + [certificate, federated, identity].compactMap(\.self)
    }

    private static func certificate(_ section: Section) -> Graph.Credential? {
        defer { section.finish() }
        let password = section.secret("password")
        return section.required("file").map { .certificate(file: $0, password: password) }
    }

    private static func limits(_ section: Section) -> Graph.Limits {
        defer { section.finish() }
        let defaults = Graph.Limits()
        return Graph.Limits(
            concurrencyPerMailbox: section.integer("concurrency_per_mailbox", in: 1...4)
                ?? defaults.concurrencyPerMailbox,
            requests: section.rate("requests_per_mailbox") ?? defaults.requests,
            upload: section.sizeRate("upload_per_mailbox") ?? defaults.upload,
            concurrency: section.integer("concurrency", in: 1...10_000) ?? defaults.concurrency)
    }
}
