import GraphProtocol
import HTTPTransport
import MailModel

/// The tokens of one application for one audience: fetched once for all who wait, renewed before they end.
///
/// `TokenState` decides; this actor makes the requests and holds those who wait for them.
actor TokenSource {
    struct Unavailable: Error, Sendable {
        let failure: TokenFailure
        /// The endpoint is left alone until then.
        let retryAt: Instant
    }

    typealias Answer = Result<HeldToken, Unavailable>

    private let application: Application
    private let audience: Audience
    private let credentials: [LoadedCredential]
    private let wire: Wire
    private let clocks: Clocks
    private var state = TokenState()
    private var waiters: [CheckedContinuation<Answer, Never>] = []

    /// - Parameter credentials: in the order they are tried; the next one where an operator has to mend the one before.
    init(
        application: Application, audience: Audience, credentials: [LoadedCredential], wire: Wire, clocks: Clocks
    ) {
        self.application = application
        self.audience = audience
        self.credentials = credentials
        self.wire = wire
        self.clocks = clocks
    }

    /// A token that may be used now.
    func token() async -> Answer { await perform(state.needed(now: clocks.instant())) }

    /// A token in the place of one that was refused.
    func replacement(for refused: HeldToken, words: String) async -> Answer {
        await perform(state.rejected(generation: refused.generation, words: words, now: clocks.instant()))
    }

    /// A token in the place of one that a mailbox could not log in with; `nil` where another would not help.
    func alternative(to doubted: HeldToken) async -> Answer? {
        guard let action = state.doubted(generation: doubted.generation, now: clocks.instant()) else { return nil }
        return await perform(action)
    }

    /// The token in hand, without asking for one.
    var held: HeldToken? { state.held }

    private func perform(_ action: TokenState.Action) async -> Answer {
        switch action {
        case .use(let held): .success(held)
        case .fail(let failure, let retryAt): .failure(Unavailable(failure: failure, retryAt: retryAt))
        case .wait: await withCheckedContinuation { waiters.append($0) }
        case .fetch, .useAndFetch: await fetch()
        }
    }

    private func fetch() async -> Answer {
        let action =
            switch await requestInTurn() {
            case .success(let token): state.fetched(token, now: clocks.instant())
            case .failure(let failure): state.failed(failure, now: clocks.instant())
            }
        let answer = await perform(action)
        let served = waiters
        waiters = []
        for waiter in served { waiter.resume(returning: answer) }
        return answer
    }

    private func requestInTurn() async -> Result<AccessToken, TokenFailure> {
        var last: Result<AccessToken, TokenFailure>?
        for credential in credentials {
            let result = await request(with: credential)
            guard case .failure(let failure) = result, failure.kind.speaksOfCredential else { return result }
            last = last ?? result
        }
        return last ?? .failure(.unusable("no credential is configured"))
    }

    private func request(with credential: LoadedCredential) async -> Result<AccessToken, TokenFailure> {
        do {
            let proof = try credential.prepare(
                clientID: application.clientID, tokenURL: application.endpoints.tokenURL(tenant: application.tenant),
                now: clocks.now())
            let request = TokenRequest(
                endpoints: application.endpoints, tenant: application.tenant, clientID: application.clientID,
                audience: audience, credential: proof)
            let response = try await wire.send(request.wire)
            return TokenAnswer.read(response, from: request.issuer, now: clocks.now())
        } catch let failure as WireFailure {
            return .failure(TokenFailure(failure))
        } catch {
            return .failure(.unusable("\(error)"))
        }
    }
}

/// An application of a tenant, and where it is known.
struct Application: Hashable, Sendable {
    var endpoints: Endpoints
    var tenant: String
    var clientID: String

    init(_ graph: Graph) {
        let cloud = Cloud(rawValue: graph.cloud.rawValue) ?? .global
        endpoints = Endpoints(cloud: cloud, login: graph.loginEndpoint, graph: graph.graphEndpoint)
        tenant = graph.tenant
        clientID = graph.clientID
    }
}

extension TokenFailure.Kind {
    /// Another credential may do better.
    fileprivate var speaksOfCredential: Bool {
        switch self {
        case .operator, .newAssertionOnce: true
        case .transient, .backOffMinutes: false
        }
    }
}

extension TokenFailure {
    /// The credential itself is no good, as found before anything was sent.
    fileprivate static func unusable(_ text: String) -> TokenFailure {
        TokenFailure(
            kind: .operator, text: text,
            explanation: "The credential in the configuration cannot be used. Mend it, then reload the service.")
    }
}
