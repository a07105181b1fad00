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

    /// - Throws: a credential that cannot be read.
    init(
        _ route: Route, _ configuration: Configuration, transport: HTTPTransport, clocks: Clocks
    ) throws(CredentialProblem) {
        self.init(
            name: route.name, limits: RouteLimits(route), schedule: configuration.retry,
            onUnknown: route.graph.onUnknown,
            path: GraphPath(
                application: Application(route.graph),
                tokens: try TokenSource(route.graph, audience: .graph, transport: transport, clocks: clocks),
                wire: Wire(route.graph, transport), policy: SendPlan.Policy(route), hostname: configuration.hostname,
                clocks: clocks))
    }

    /// A route over a path that is made elsewhere.
    init(
        name: String, limits: RouteLimits, schedule: RetrySchedule, onUnknown: Disposition.UnknownPolicy,
        path: any DeliveryPath
    ) {
        self.name = name
        self.limits = limits
        self.schedule = schedule
        self.onUnknown = onUnknown
        self.path = path
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
