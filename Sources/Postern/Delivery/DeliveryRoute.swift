import DeliveryPolicy
import GraphProtocol
import HTTPTransport
import MailModel

/// A route as delivery needs it: what decides, and the path that acts.
struct DeliveryRoute: Sendable {
    let name: String
    let limits: RouteLimits
    let schedule: RetrySchedule
    let onUnknown: Disposition.UnknownPolicy
    let path: any DeliveryPath
    /// What the path was made of; the same parts make no new one at a reload, so that tokens are kept.
    private let parts: Parts

    private struct Parts: Hashable, Sendable {
        var graph: Graph
        var policy: SendPlan.Policy
        var hostname: String
    }

    /// - Parameter previous: the route of that name before a reload.
    /// - Throws: a credential that cannot be read.
    init(
        _ route: Route, _ configuration: Configuration, transport: HTTPTransport, clocks: Clocks,
        previous: DeliveryRoute? = nil
    ) throws(CredentialProblem) {
        name = route.name
        limits = RouteLimits(route)
        schedule = configuration.retry
        onUnknown = route.graph.onUnknown
        parts = Parts(graph: route.graph, policy: SendPlan.Policy(route), hostname: configuration.hostname)
        if let previous, previous.parts == parts, !route.graph.readsFiles {
            path = previous.path
            return
        }
        path = GraphPath(
            application: Application(route.graph),
            tokens: try TokenSource(route.graph, audience: .graph, transport: transport, clocks: clocks),
            wire: Wire(route.graph, transport), policy: parts.policy, hostname: parts.hostname, clocks: clocks)
    }
}

extension Wire {
    init(_ graph: Graph, _ transport: HTTPTransport) {
        self.init(transport: transport, caFile: graph.caFile, proxy: graph.proxy?.reveal())
    }
}

extension TokenSource {
    /// - Throws: a credential that cannot be read.
    init(_ graph: Graph, audience: Audience, transport: HTTPTransport, clocks: Clocks) throws(CredentialProblem) {
        var credentials: [LoadedCredential] = []
        for credential in graph.credentials { credentials.append(try LoadedCredential(credential)) }
        self.init(
            application: Application(graph), audience: audience, credentials: credentials, wire: Wire(graph, transport),
            clocks: clocks)
    }
}

extension RouteLimits {
    fileprivate init(_ route: Route) {
        self.init()
        concurrency = route.graph.limits.concurrency
        lane.concurrency = route.graph.limits.concurrencyPerMailbox
        lane.messages = route.limits.messages
        lane.recipients = route.limits.recipients
        lane.requests = route.graph.limits.requests
        lane.upload = route.graph.limits.upload
    }
}

extension SendPlan.Policy {
    fileprivate init(_ route: Route) {
        self.init(
            mimeLimit: route.graph.mimeLimit, recipientsPerMessage: route.limits.recipientsPerMessage,
            unrepresentable: route.unrepresentable)
    }
}

extension Graph {
    /// A certificate's file may hold another certificate by now, under the same name.
    fileprivate var readsFiles: Bool {
        credentials.contains { if case .certificate = $0 { true } else { false } }
    }
}
