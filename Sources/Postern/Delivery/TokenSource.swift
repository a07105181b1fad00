import GraphProtocol
import HTTPTransport
import Logging
import MailModel

/// The tokens of one application for one audience: fetched once for all who wait, renewed before they end while the one in
/// hand is used.
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
    private let logger: Logger
    private var state = TokenState()
    private var waiters: [CheckedContinuation<Answer, Never>] = []
    /// Fetches the next token while the one in hand is used. It ends by itself, with its request's time-out at the latest.
    private(set) var renewal: Task<Void, Never>?
    /// What a reload has put in this one's place.
    private var successor: TokenSource?

    /// - Parameter credentials: in the order they are tried; the next one where an operator has to mend the one before.
    init(
        application: Application, audience: Audience, credentials: [LoadedCredential], wire: Wire, clocks: Clocks,
        logger: Logger
    ) {
        self.application = application
        self.audience = audience
        self.credentials = credentials
        self.wire = wire
        self.clocks = clocks
        self.logger = logger
    }

    /// A token that may be used now.
    func token() async -> Answer {
        if let successor { return await successor.token() }
        return await perform(state.needed(now: clocks.instant()))
    }

    /// A token in the place of one that was refused.
    func replacement(for refused: HeldToken, words: String) async -> Answer {
        if let successor { return await successor.replacement(for: refused, words: words) }
        return await perform(state.rejected(generation: refused.generation, words: words, now: clocks.instant()))
    }

    /// A token in the place of one that a mailbox could not log in with; `nil` where another would not help or none came.
    func alternative(to doubted: HeldToken) async -> Answer? {
        if let successor { return await successor.alternative(to: doubted) }
        guard let action = state.doubted(generation: doubted.generation, now: clocks.instant()) else { return nil }
        let answer = await perform(action)
        if case .success(let held) = answer, held.generation == doubted.generation { return nil }
        return answer
    }

    /// The token in hand, without asking for one.
    var held: HeldToken? { state.held }

    // MARK: Other credentials

    /// Takes the place of one with other credentials, which from now on asks this one. Its token is used until these
    /// credentials have brought another, and they are asked for that at once. Nothing happens where it is of another
    /// application.
    func takeOver(from old: TokenSource) async {
        guard old !== self, old.application == application, old.audience == audience else { return }
        state = await old.retire(for: self)
        let now = clocks.instant()
        if let held = state.held, now < held.usableUntil { _ = await perform(state.needed(now: now)) }
    }

    private func retire(for successor: TokenSource) -> TokenState {
        self.successor = successor
        return TokenState(succeeding: state)
    }

    // MARK: Fetching

    private func perform(_ action: TokenState.Action) async -> Answer {
        switch action {
        case .use(let held): return .success(held)
        case .fail(let failure, let retryAt): return .failure(Unavailable(failure: failure, retryAt: retryAt))
        case .wait: return await withCheckedContinuation { waiters.append($0) }
        case .fetch: return await fetch()
        case .useAndFetch(let held):
            renewal = Task { _ = await fetch() }
            return .success(held)
        }
    }

    private func fetch() async -> Answer {
        let result = await requestInTurn()
        // What these credentials came to matters no more where there are others.
        let answer = if let successor { await successor.token() } else { await perform(take(result)) }
        let served = waiters
        waiters = []
        for waiter in served { waiter.resume(returning: answer) }
        return answer
    }

    private func take(_ result: Result<AccessToken, TokenFailure>) -> TokenState.Action {
        switch result {
        case .success(let token): return state.fetched(token, now: clocks.instant())
        case .failure(let failure):
            let action = state.failed(failure, now: clocks.instant())
            if case .use = action {
                logger.warning(
                    "no new token, the old one is used until it ends",
                    metadata: [LogKey.reason: "\(failure.text). \(failure.explanation)"])
            }
            return action
        }
    }

    private func requestInTurn() async -> Result<AccessToken, TokenFailure> {
        var first: Result<AccessToken, TokenFailure>?
        for (index, credential) in credentials.enumerated() {
            let result = await request(with: credential)
            switch result {
            case .success: logger.info("new token", metadata: [LogKey.credential: "\(index + 1)"])
            case .failure(let failure) where failure.kind.speaksOfCredential:
                first = first ?? result
                tell(of: failure, with: index)
                continue
            case .failure: break
            }
            return result
        }
        return first ?? .failure(.unusable("no credential is configured"))
    }

    /// Where there is no other, the mail that waits says it.
    private func tell(of failure: TokenFailure, with index: Int) {
        guard index + 1 < credentials.count else { return }
        logger.warning(
            "credential refused, the next is tried",
            metadata: [
                LogKey.credential: "\(index + 1)", LogKey.reason: "\(failure.text). \(failure.explanation)",
            ])
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
