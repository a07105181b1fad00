package import GraphProtocol
import HTTPTransport
import Logging
package import MailModel

/// Acquires a token of a route now, and says what it is good for: `postern token`.
package struct TokenCheck: Sendable {
    package let route: String
    package let tenant: String
    package let clientID: String
    package let audience: Audience
    package let result: Result<Granted, TokenFailure>

    package struct Granted: Sendable {
        package let token: AccessToken
        package let claims: TokenClaims?
        package let expiresAt: Timestamp
        package let verdict: SendingVerdict
    }

    /// - Throws: a route that uses no tokens, or a credential that cannot be read.
    package static func run(
        _ route: Route, of configuration: Configuration, audience: Audience, clocks: Clocks = .system()
    ) async throws(GatewayError) -> TokenCheck {
        guard let graph = route.graph else {
            throw .configuration("route \(route.name) has no `graph` section, so it uses no tokens")
        }
        let transport = HTTPTransport()
        let source: TokenSource
        do {
            source = try TokenSource(
                graph, audience: audience, transport: transport, clocks: clocks,
                logger: Logger(label: "postern") { _ in SwiftLogNoOpLogHandler() })
        } catch {
            throw .configuration("route \(route.name): \(error)")
        }
        let answer = await source.token()
        await transport.shutdown()
        return TokenCheck(
            route: route.name, tenant: graph.tenant, clientID: graph.clientID, audience: audience,
            result: answer.map { Granted($0.token, audience, at: clocks.now()) }.mapError { $0.failure })
    }
}

extension TokenCheck.Granted {
    fileprivate init(_ token: AccessToken, _ audience: Audience, at now: Timestamp) {
        self.token = token
        claims = TokenClaims(token)
        expiresAt = claims?.expiresAt ?? now + token.expiresIn
        verdict = SendingVerdict(claims: claims, audience: audience)
    }
}
