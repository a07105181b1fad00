import DeliveryPolicy
import GraphProtocol
import HTTPTransport
import Logging
import MailModel

@testable import Postern

// An application of a tenant whose Microsoft is on loopback.

func makeGraph(_ microsoft: ScriptedMicrosoft? = nil, credentials: [Graph.Credential] = [.secret(Secret("s1"))])
    -> Graph
{
    var graph = Graph(tenant: "contoso.onmicrosoft.com", clientID: "client-1", credentials: credentials)
    graph.loginEndpoint = microsoft?.endpoint
    graph.graphEndpoint = microsoft?.endpoint
    return graph
}

func tokenSource(
    _ microsoft: ScriptedMicrosoft? = nil, credentials: [Graph.Credential] = [.secret(Secret("s1"))],
    audience: Audience = .graph, clock: ManualClock = ManualClock(), logger: Logger = silence
) throws -> TokenSource {
    try TokenSource(
        makeGraph(microsoft, credentials: credentials), audience: audience, transport: HTTPTransport(),
        clocks: clock.clocks, logger: logger)
}

func graphPath(
    _ microsoft: ScriptedMicrosoft? = nil, credentials: [Graph.Credential] = [.secret(Secret("s1"))],
    policy: SendPlan.Policy = SendPlan.Policy(), clock: ManualClock = ManualClock(),
    lostAnswers: LostAnswers = LostAnswers()
) throws -> GraphPath {
    let graph = makeGraph(microsoft)
    return GraphPath(
        application: Application(graph), tokens: try tokenSource(microsoft, credentials: credentials, clock: clock),
        wire: Wire(graph, HTTPTransport()), policy: policy, hostname: "relay.test", clocks: clock.clocks,
        lostAnswers: lostAnswers)
}
