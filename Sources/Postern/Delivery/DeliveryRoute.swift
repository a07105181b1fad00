package import DeliveryPolicy
import EmailLog
import Foundation
import GraphProtocol
import HTTPTransport
import Logging
package import MailModel
import SMTPTransport
import TLS

/// A route as delivery needs it: what decides, and the paths that act.
package struct DeliveryRoute: Sendable {
    let name: String
    let limits: RouteLimits
    let schedule: RetrySchedule
    let lostAnswers: LostAnswers
    let paths: [Path: any DeliveryPath]
    /// How Graph is exercised beside the mail that a trial has chosen; `nil`: not at all.
    var shadow: TrialSettings.Shadow?

    /// - Throws: a credential or a file that cannot be read.
    init(
        _ route: Route, _ configuration: Configuration, outbound: Outbound, clocks: Clocks
    ) throws(CredentialProblem) {
        var paths: [Path: any DeliveryPath] = [:]
        if let graph = route.graph {
            paths[.graph] = GraphPath(
                application: Application(graph),
                tokens: try TokenSource(
                    graph, audience: .graph, transport: outbound.http, clocks: clocks,
                    logger: outbound.logger(for: route)),
                wire: Wire(graph, outbound.http), policy: SendPlan.Policy(route, graph),
                hostname: configuration.hostname, clocks: clocks, lostAnswers: LostAnswers(graph))
        }
        if let host = route.smtp {
            paths[.smtp] = SMTPPath(
                host: host, account: try SubmissionAccount(host, route, outbound, clocks),
                security: try SMTPClientOptions.Security(host), pool: outbound.smtp, hostname: configuration.hostname)
        }
        self.init(
            name: route.name, limits: RouteLimits(route), schedule: configuration.retry,
            lostAnswers: route.graph.map { LostAnswers($0) } ?? LostAnswers(), paths: paths)
        if let trial = route.trial, trial.mode == .shadow { shadow = trial.shadow }
    }

    /// A route over paths that are made elsewhere.
    package init(
        name: String, limits: RouteLimits, schedule: RetrySchedule, lostAnswers: LostAnswers,
        paths: [Path: any DeliveryPath]
    ) {
        self.name = name
        self.limits = limits
        self.schedule = schedule
        self.lostAnswers = lostAnswers
        self.paths = paths
    }
}

extension DeliveryRoute {
    func other(than path: Path) -> Path? { paths.keys.first { $0 != path } }

    /// After a reload.
    func takeOver(from old: DeliveryRoute) async {
        for (path, new) in paths {
            if let old = old.paths[path] { await new.takeOver(from: old) }
        }
    }

    /// What an attempt took, with those of its recipients who count as external.
    func charge(_ cost: AttemptRecord.Cost?, for envelope: Envelope) -> AttemptRecord.Cost? {
        guard var cost else { return nil }
        cost.externalRecipients = min(cost.recipients, limits.acceptedDomains.externals(among: envelope.recipients))
        return cost
    }

    /// Why mail that may take no other path waits; `nil` where the route has it.
    func lacks(_ path: Path) -> String? {
        guard paths[path] == nil else { return nil }
        return "It may go by \(path.rawValue) only, and route \(name) has no such path any more. Give the route its "
            + "`\(path.rawValue)` section back, or `postern queue cancel` the message and send it anew."
    }
}

extension Outbound {
    fileprivate func logger(for route: Route) -> Logger {
        var logger = logger
        logger[metadataKey: LogKey.route] = "\(route.name)"
        return logger
    }
}

extension Wire {
    init(_ graph: Graph, _ transport: HTTPTransport) {
        self.init(transport: transport, caFile: graph.caFile, proxy: graph.proxy?.reveal())
    }
}

extension TokenSource {
    /// - Throws: a credential that cannot be read.
    init(
        _ graph: Graph, audience: Audience, transport: HTTPTransport, clocks: Clocks, logger: Logger
    ) throws(CredentialProblem) {
        var credentials: [LoadedCredential] = []
        for credential in graph.credentials { credentials.append(try LoadedCredential(credential)) }
        self.init(
            application: Application(graph), audience: audience, credentials: credentials, wire: Wire(graph, transport),
            clocks: clocks, logger: logger)
    }
}

extension SubmissionAccount {
    init(
        _ host: SubmissionHost, _ route: Route, _ outbound: Outbound, _ clocks: Clocks
    ) throws(CredentialProblem) {
        switch (host.authentication, host.password, route.graph) {
        case (.password, let password?, _): self = .password(password)
        case (.xoauth2, _, let graph?):
            self = .tokens(
                try TokenSource(
                    graph, audience: .exchangeSMTP, transport: outbound.http, clocks: clocks,
                    logger: outbound.logger(for: route)))
        case (.off, _, _): self = .none
        case (.password, nil, _), (.xoauth2, _, nil):
            throw CredentialProblem(text: "smtp.auth: there is no credential for it")
        }
    }
}

extension SMTPClientOptions.Security {
    /// - Throws: trust anchors that cannot be read.
    init(_ host: SubmissionHost) throws(CredentialProblem) {
        switch host.tls {
        case .off: self = .off
        case .starttls: self = .startTLS(try Self.context(host))
        case .implicit: self = .implicit(try Self.context(host))
        }
    }

    private static func context(_ host: SubmissionHost) throws(CredentialProblem) -> TLSContext {
        let anchors = host.caFile.map { FileManager.default.contents(atPath: $0).map { Array($0) } }
        if case .some(nil) = anchors, let file = host.caFile {
            throw CredentialProblem(
                text: "smtp.ca_file: \(file) cannot be read; it must exist and be readable by this user")
        }
        do {
            return try TLSContext.client(verification: .full, extraTrustPEM: anchors.flatMap(\.self))
        } catch {
            throw CredentialProblem(text: "smtp.ca_file: \(error)")
        }
    }
}

extension RouteLimits {
    init(_ route: Route) {
        self.init()
        primary = route.primary
        other = route.other
        fallback = route.fallback
        lane.messages = route.limits.messages
        lane.recipients = route.limits.recipients
        externalRecipients = route.limits.externalRecipients
        acceptedDomains = route.acceptedDomains
        if let limits = route.graph?.limits {
            concurrency = limits.concurrency
            lane.concurrency = limits.concurrencyPerMailbox
            lane.requests = limits.requests
            lane.requestsPerAttempt = Int64(route.graph?.exactlyOnce.requestsPerAttempt ?? 1)
            lane.upload = limits.upload
            lane.uploadsAbove = route.graph.flatMap { SendPlan.Policy(route, $0).uploadsAbove }
        }
        if let host = route.smtp {
            lane.connections = host.connections
            if host.username != nil { connections = host.connections }
        }
    }
}
