import Foundation
import GraphProtocol
import HTTPTransport
import MailModel

/// The requests of one attempt, one after the other: with one token, which is renewed once at most, and counted.
struct GraphDialogue: Sendable {
    typealias Reply = Result<WireResponse, WireFailure>
    typealias Body = @Sendable () throws -> any HTTPBodyStream

    private let application: Application
    private let tokens: TokenSource
    private let wire: Wire
    private let clocks: Clocks
    private let mailbox: String
    private var held: HeldToken
    private var mayRenew = true
    /// Those of which something may have reached Microsoft.
    private(set) var requests = 0

    init(_ path: GraphPath, mailbox: Address, _ held: HeldToken) {
        (application, tokens, wire, clocks) = (path.application, path.tokens, path.wire, path.clocks)
        self.mailbox = mailbox.description
        self.held = held
    }

    /// - Parameter body: of a request that streams the message.
    /// - Returns: `Unavailable` where the token was refused and there is no other.
    mutating func perform(_ call: MailboxRequest.Call, body: Body? = nil) async -> Result<
        Reply, TokenSource.Unavailable
    > {
        while true {
            let reply = await send(call, body)
            switch GraphAnswer.read(reply, now: clocks.now()) {
            case .unauthenticated(let refusal):
                let other = await tokens.replacement(for: held, words: refusal.text)
                guard mayRenew else { return .success(reply) }
                mayRenew = false
                switch other {
                case .success(let token): held = token
                case .failure(let unavailable): return .failure(unavailable)
                }
            case .outcome(let outcome):
                guard mayRenew, outcome.isMissingPermission, let other = await successor() else {
                    return .success(reply)
                }
                mayRenew = false
                held = other
            }
        }
    }

    /// A role that was granted since the token was issued stands only in a new one.
    private func successor() async -> HeldToken? {
        guard clocks.instant() - held.fetchedAt >= .seconds(60) else { return nil }
        return try? await tokens.alternative(to: held)?.get()
    }

    private mutating func send(_ call: MailboxRequest.Call, _ body: Body?) async -> Reply {
        let request = MailboxRequest(
            call, endpoints: application.endpoints, mailbox: mailbox, token: held.token,
            requestID: UUID().uuidString.lowercased(), userAgent: "Postern"
        ).wire
        return await perform(request, body: body)
    }

    /// A request that carries its own credential, or any other.
    mutating func perform(_ request: WireRequest, body: Body? = nil) async -> Reply {
        do throws(WireFailure) {
            let response =
                if let body { try await wire.send(request, open: body) } else { try await wire.send(request) }
            requests += 1
            return .success(response)
        } catch {
            if error.hasReached { requests += 1 }
            return .failure(error)
        }
    }
}

extension WireFailure {
    /// Something of the request may have reached Microsoft.
    fileprivate var hasReached: Bool { bodyProgress != .none || seen != nil }
}

extension GraphDialogue.Reply {
    var hasReached: Bool {
        switch self {
        case .success: true
        case .failure(let failure): failure.hasReached
        }
    }
}

extension Outcome {
    fileprivate var isMissingPermission: Bool {
        if case .deferred(let refusal, _) = self { refusal.cause == .unauthorized } else { false }
    }
}
