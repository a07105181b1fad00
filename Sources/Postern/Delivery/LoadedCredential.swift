import Foundation
import GraphProtocol
import MailModel
import TLS

/// A credential of the configuration, ready to prove who the application is.
enum LoadedCredential: Sendable {
    case secret(Secret)
    case certificate(SigningIdentity, file: String)
    case federatedTokenFile(String)
    case managedIdentity(clientID: String?)

    /// Reads a certificate's file now, so that a mistake shows at start and not with the first mail.
    init(_ credential: Graph.Credential) throws(CredentialProblem) {
        switch credential {
        case .secret(let secret): self = .secret(secret)
        case .federatedTokenFile(let path): self = .federatedTokenFile(path)
        case .managedIdentity(let clientID): self = .managedIdentity(clientID: clientID)
        case .certificate(let file, let password): self = .certificate(try Self.identity(file, password), file: file)
        }
    }

    /// PEM announces itself in text; anything else is taken for PKCS#12.
    private static func identity(_ file: String, _ password: Secret?) throws(CredentialProblem) -> SigningIdentity {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw CredentialProblem(
                text: "the certificate file \(file) cannot be read; it must exist and be readable by this user")
        }
        let bytes = Array(data)
        let word = password.map { Array($0.reveal().utf8) }
        do {
            let isPEM = data.range(of: Data("-----BEGIN".utf8)) != nil
            return isPEM
                ? try SigningIdentity(pem: bytes, password: word)
                : try SigningIdentity(pkcs12: bytes, password: word ?? [])
        } catch {
            throw CredentialProblem(text: "\(file): \(error)")
        }
    }

    /// What goes into one token request; an assertion is signed anew, and a federated token read anew, for each.
    func prepare(clientID: String, tokenURL: String, now: Timestamp) throws(CredentialProblem) -> ClientCredential {
        switch self {
        case .secret(let secret): .secret(secret.reveal())
        case .managedIdentity(let identity): .managedIdentity(clientID: identity)
        case .federatedTokenFile(let path): .federated(try Self.token(in: path))
        case .certificate(let identity, let file):
            try Self.assertion(of: identity, file, clientID: clientID, tokenURL: tokenURL, now: now)
        }
    }

    private static func token(in path: String) throws(CredentialProblem) -> String {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw CredentialProblem(
                text:
                    "the federated token file \(path) cannot be read; the platform must write it, readable by this user"
            )
        }
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static func assertion(
        of identity: SigningIdentity, _ file: String, clientID: String, tokenURL: String, now: Timestamp
    ) throws(CredentialProblem) -> ClientCredential {
        let expiry = Timestamp(secondsSince1970: identity.notAfter)
        guard now < expiry else {
            throw CredentialProblem(
                text:
                    "the certificate in \(file) expired at \(expiry) UTC; upload a new one to the app registration and name its file"
            )
        }
        let assertion = ClientAssertion(
            clientID: clientID, tokenURL: tokenURL, thumbprint: identity.thumbprintSHA256,
            id: UUID().uuidString.lowercased(),
            now: now)
        do {
            return assertion.attach(signature: try identity.sign(Array(assertion.signingInput.utf8), algorithm: .ps256))
        } catch {
            throw CredentialProblem(text: "the key in \(file) cannot sign: \(error)")
        }
    }
}

/// A credential that cannot be used, found on our own side.
struct CredentialProblem: Error, Hashable, Sendable, CustomStringConvertible {
    let text: String
    var description: String { text }
}
