import GraphProtocol
import MailModel
import SMTPProtocol

/// How a route proves to its submission host who it is.
enum SubmissionAccount: Sendable {
    case none
    case password(Secret)
    /// Tokens for Exchange's audience.
    case tokens(TokenSource)

    /// What one connection is set up with. Connections with other proofs are no good for it: Microsoft does not say what
    /// becomes of a session whose token runs out.
    struct Proof: Sendable {
        let credentials: Credentials?
        /// The token in it, where there is one.
        let token: HeldToken?
    }

    func proof(for user: String) async -> Result<Proof, TokenSource.Unavailable> {
        switch self {
        case .none: .success(Proof(credentials: nil, token: nil))
        case .password(let password):
            .success(
                Proof(
                    credentials: .plain(authorization: "", user: user, password: password.reveal()), token: nil))
        case .tokens(let source): await source.token().map { Proof($0, user: user) }
        }
    }

    func takeOver(from old: SubmissionAccount) async {
        if case (.tokens(let new), .tokens(let old)) = (self, old) { await new.takeOver(from: old) }
    }

    /// A proof in the place of one that was refused; `nil` where another would be refused as well.
    func alternative(to refused: Proof, user: String) async -> Result<Proof, TokenSource.Unavailable>? {
        guard case .tokens(let source) = self, let token = refused.token else { return nil }
        return await source.alternative(to: token)?.map { Proof($0, user: user) }
    }
}

extension SubmissionAccount.Proof {
    fileprivate init(_ held: HeldToken, user: String) {
        credentials = .xoauth2(user: user, token: held.token.text)
        token = held
    }
}
