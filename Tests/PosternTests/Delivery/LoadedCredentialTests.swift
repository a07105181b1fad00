import Foundation
import GraphProtocol
import MailModel
import TLS
import Testing

@testable import Postern

/// Credentials as configured, read and made ready for a request.
@Suite struct LoadedCredentialTests {
    private let directory: TemporaryDirectory
    private let tokenURL = "https://login.test/t/oauth2/v2.0/token"

    init() throws { directory = try TemporaryDirectory() }

    private func load(_ file: String, password: String? = nil) throws(CredentialProblem) -> LoadedCredential {
        try LoadedCredential(.certificate(file: file, password: password.map(Secret.init)))
    }

    private func problem(_ body: () throws(CredentialProblem) -> Void) -> String? {
        do throws(CredentialProblem) {
            try body()
            return nil
        } catch {
            return error.description
        }
    }

    private func prepare(_ credential: LoadedCredential, at now: Timestamp = noon) throws -> ClientCredential {
        try credential.prepare(clientID: "client-1", tokenURL: tokenURL, now: now)
    }

    private func pem() throws -> String {
        try directory.write("app.pem", Certificates.client.certificatePEM + Certificates.client.privateKeyPEM)
    }

    @Test func secretsAndIdentitiesGoAsTheyAre() throws {
        #expect(try prepare(LoadedCredential(.secret(Secret("s")))) == .secret("s"))
        #expect(try prepare(LoadedCredential(.managedIdentity(clientID: nil))) == .managedIdentity(clientID: nil))
        #expect(try prepare(LoadedCredential(.managedIdentity(clientID: "u"))) == .managedIdentity(clientID: "u"))
    }

    private struct Part: Decodable {
        var aud, iss, sub: String
        var exp, nbf: Int
    }

    @Test(arguments: ["PEM", "PKCS#12"])
    func aCertificateSignsAnAssertionForTheTokenEndpoint(_ form: String) throws {
        let file =
            form == "PEM"
            ? try pem() : try directory.write("app.pfx", Certificates.client.pkcs12(password: Array("pw".utf8)))
        let credential = try load(file, password: form == "PEM" ? nil : "pw")
        guard case .assertion(let token) = try prepare(credential) else {
            Issue.record("no assertion")
            return
        }
        let parts = token.split(separator: ".")
        #expect(parts.count == 3)
        let claims = try JSONDecoder().decode(Part.self, from: Data(try #require(Base64.decodeURL(parts[1]))))
        #expect(claims.aud == tokenURL && claims.iss == "client-1" && claims.sub == "client-1")
        #expect(Int64(claims.nbf) <= noon.milliseconds / 1000 && Int64(claims.exp) > noon.milliseconds / 1000)
        #expect(Base64.decodeURL(parts[2])?.count == 256, "RSA with 2048 bits")
    }

    @Test func everyAssertionIsNew() throws {
        let credential = try load(pem())
        #expect(try prepare(credential) != prepare(credential))
    }

    @Test func anExpiredCertificateIsLoadedButNotUsed() throws {
        let identity = Certificates.expiredClient
        let file = try directory.write("old.pem", identity.certificatePEM + identity.privateKeyPEM)
        let credential = try load(file)
        let end = Timestamp(secondsSince1970: 1_600_000_000)
        #expect(throws: Never.self) { try prepare(credential, at: end - .seconds(1)) }
        let text = problem { () throws(CredentialProblem) in
            _ = try credential.prepare(clientID: "c", tokenURL: tokenURL, now: end)
        }
        #expect(text?.hasPrefix("the certificate in \(file) expired at 2020-09-13 12:26:40") == true, "\(text ?? "")")
        #expect(text?.contains("upload a new one") == true)
    }

    @Test func filesThatCannotBeUsedAreNamedWhenTheyAreLoaded() throws {
        let gone = "\(directory.path)/gone.pem"
        let missing = problem { () throws(CredentialProblem) in _ = try load(gone) }
        #expect(missing?.hasPrefix("the certificate file \(gone) cannot be read") == true)
        let garbage = try directory.write("garbage.pem", "-----BEGIN nothing-----")
        let unreadable = problem { () throws(CredentialProblem) in _ = try load(garbage) }
        #expect(unreadable?.hasPrefix("\(garbage): ") == true)
        let locked = try directory.write("app.pfx", Certificates.client.pkcs12(password: Array("pw".utf8)))
        for word in ["wrong", nil] {
            let text = problem { () throws(CredentialProblem) in _ = try load(locked, password: word) }
            #expect(text?.hasPrefix("\(locked): ") == true, "\(text ?? "")")
            #expect(text?.contains("wrong\"") != true)
        }
    }

    @Test func aFederatedTokenIsTrimmedAndReadAnew() throws {
        let file = try directory.write("token", "\n first\n")
        let credential = try LoadedCredential(.federatedTokenFile(file))
        #expect(try prepare(credential) == .federated("first"))
        try directory.write("token", "second")
        #expect(try prepare(credential) == .federated("second"))
        try FileManager.default.removeItem(atPath: file)
        let text = problem { () throws(CredentialProblem) in
            _ = try credential.prepare(clientID: "c", tokenURL: tokenURL, now: noon)
        }
        #expect(text?.hasPrefix("the federated token file \(file) cannot be read") == true)
    }
}
