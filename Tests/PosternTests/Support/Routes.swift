import DeliveryPolicy
import GraphProtocol
import HTTPTransport
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
    audience: Audience = .graph, clock: ManualClock = ManualClock()
) throws -> TokenSource {
    try TokenSource(
        makeGraph(microsoft, credentials: credentials), audience: audience, transport: HTTPTransport(),
        clocks: clock.clocks)
}

func graphPath(
    _ microsoft: ScriptedMicrosoft? = nil, policy: SendPlan.Policy = SendPlan.Policy(),
    clock: ManualClock = ManualClock()
) throws -> GraphPath {
    let graph = makeGraph(microsoft)
    return GraphPath(
        application: Application(graph), tokens: try tokenSource(microsoft, clock: clock),
        wire: Wire(graph, HTTPTransport()), policy: policy, hostname: "relay.test", clocks: clock.clocks)
}
