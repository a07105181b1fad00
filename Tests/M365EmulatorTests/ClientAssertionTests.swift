import MailModel
import TLS
import Testing

@testable import M365Emulator

/// Assertions signed with real keys, as a client would make them.
struct ClientAssertionTests {
    private static let now = 1_795_000_000
    private static let authority = try? CertificateAuthority(
        commonName: "test", validity: 0..<Int64(now + 1_000_000_000))
    private static let own = issue()
    private static let other = issue()
    private static let url = "https://login.microsoftonline.com/contoso.onmicrosoft.com/oauth2/v2.0/token"

    private static func issue() -> IssuedCertificate? {
        try? authority?.issueClient(commonName: "app", validity: 0..<Int64(now + 1_000_000_000))
    }

    private static func identity(_ certificate: IssuedCertificate?) throws -> SigningIdentity {
        let certificate = try #require(certificate)
        return try SigningIdentity(
            certificatePEM: certificate.certificatePEM, privateKeyPEM: certificate.privateKeyPEM)
    }

    /// What may be wrong with an assertion.
    struct Flaw: Sendable, CustomTestStringConvertible {
        var name: String
        var claims: [String: JSONValue] = [:]
        var usesOtherKey = false
        var usesOtherThumbprint = false
        var code: String

        var testDescription: String { name }
    }

    private static func assertion(
        _ algorithm: SignatureAlgorithm, _ changes: [String: JSONValue] = [:], key: IssuedCertificate? = own,
        thumbprintOf shown: IssuedCertificate? = own
    ) throws -> String {
        let shown = try identity(shown)
        let header: JSONValue =
            switch algorithm {
            case .ps256:
                ["alg": "PS256", "typ": "JWT", "x5t#S256": .string(Base64.encodeURL(shown.thumbprintSHA256))]
            case .rs256: ["alg": "RS256", "typ": "JWT", "x5t": .string(Base64.encodeURL(shown.thumbprintSHA1))]
            }
        let claims: [String: JSONValue] = [
            "aud": .string(url), "iss": .string(Bench.app), "sub": .string(Bench.app), "jti": "j1",
            "nbf": .number(now), "exp": .number(now + 600),
        ]
        let all = JSONValue.object(claims.merging(changes) { $1 })
        let text = "\(Base64.encodeURL(header.encoded)).\(Base64.encodeURL(all.encoded))"
        let signature = try identity(key).sign(Array(text.utf8), algorithm: algorithm)
        return "\(text).\(Base64.encodeURL(signature))"
    }

    private static func bench() throws -> Bench {
        let pem = String(decoding: try #require(own).certificatePEM, as: UTF8.self)
        return Bench { $0.tenants[0].apps[0].certificates = [pem] }
    }

    private static func request(_ assertion: String) -> [String: String?] {
        [
            "client_secret": nil, "client_assertion": assertion,
            "client_assertion_type": ClientAuthentication.assertionType,
        ]
    }

    @Test(arguments: SignatureAlgorithm.allCases) func takesAGoodOne(algorithm: SignatureAlgorithm) throws {
        var bench = try Self.bench()
        let answer = bench.requestToken(Self.request(try Self.assertion(algorithm)))
        #expect(answer.status == 200, "\(answer.json)")
        let token = try #require(JSONWebToken(answer.json["access_token"].string ?? ""))
        #expect(token.claims["appidacr"] == "2")
    }

    @Test func aCertificateIsTakenFromTheAppAndRegisteredAgain() throws {
        var bench = try Self.bench()
        let pem = bench.state.directory.tenants[0].apps[0].certificates[0]
        let assertion = Self.request(try Self.assertion(.ps256))
        _ = bench.control("PATCH", "app/\(Bench.app)", ["certificates": []])
        let answer = bench.requestToken(assertion)
        #expect(answer.status == 401)
        #expect(answer.code == "AADSTS700027")
        _ = bench.control("PATCH", "app/\(Bench.app)", ["certificates": [.string(pem)]])
        #expect(bench.requestToken(assertion).status == 200)
    }

    /// The URL the request came to is as good an audience as the public one.
    @Test(arguments: [
        "http://emulator.test/contoso.onmicrosoft.com/oauth2/v2.0/token",
        "https://login.microsoftonline.com/22222222-2222-2222-2222-222222222222/oauth2/v2.0/token",
        "https://login.microsoftonline.com/22222222-2222-2222-2222-222222222222/v2.0",
    ])
    func knowsItsOwnNames(audience: String) throws {
        var bench = try Self.bench()
        let assertion = try Self.assertion(.ps256, ["aud": .string(audience)])
        #expect(bench.requestToken(Self.request(assertion)).status == 200)
    }

    static let flaws: [Flaw] = [
        Flaw(name: "another key", usesOtherKey: true, code: "AADSTS700027"),
        Flaw(name: "another thumbprint", usesOtherThumbprint: true, code: "AADSTS700027"),
        Flaw(name: "another audience", claims: ["aud": "https://example.com"], code: "AADSTS700023"),
        Flaw(name: "another subject", claims: ["sub": "x"], code: "AADSTS50027"),
        Flaw(name: "no id", claims: ["jti": nil], code: "AADSTS50027"),
        Flaw(name: "expired", claims: ["nbf": .number(now - 900), "exp": .number(now - 301)], code: "AADSTS700024"),
        Flaw(name: "not yet", claims: ["nbf": .number(now + 301), "exp": .number(now + 900)], code: "AADSTS700024"),
        Flaw(name: "no expiry", claims: ["exp": nil], code: "AADSTS700024"),
    ]

    @Test(arguments: flaws) func refuses(flaw: Flaw) throws {
        var bench = try Self.bench()
        let assertion = try Self.assertion(
            .ps256, flaw.claims, key: flaw.usesOtherKey ? Self.other : Self.own,
            thumbprintOf: flaw.usesOtherThumbprint ? Self.other : Self.own)
        let answer = bench.requestToken(Self.request(assertion))
        #expect(answer.code == flaw.code, "\(answer.json)")
    }

    /// Five minutes either way are forgiven.
    @Test(arguments: [(-599, 299), (299, 900)]) func forgivesSkew(start: Int, end: Int) throws {
        var bench = try Self.bench()
        let claims: [String: JSONValue] = ["nbf": .number(Self.now + start), "exp": .number(Self.now + end - 598)]
        let answer = bench.requestToken(Self.request(try Self.assertion(.ps256, claims)))
        #expect(answer.status == 200, "\(answer.json)")
    }

    @Test func refusesWhatIsNoToken() throws {
        var bench = try Self.bench()
        #expect(bench.requestToken(Self.request("a.b.c")).code == "AADSTS50027")
    }

    // MARK: Federated credentials

    private static func federated(_ changes: [String: JSONValue] = [:], key: String = "issuer's key") -> String {
        let claims: [String: JSONValue] = [
            "iss": "https://issuer.example/", "sub": "system:serviceaccount:mail:postern",
            "aud": ["api://AzureADTokenExchange"], "iat": .number(now), "exp": .number(now + 3600),
        ]
        return JSONWebToken.sign(.object(claims.merging(changes) { $1 }), key: Array(key.utf8))
    }

    private static func federatedBench() -> Bench {
        Bench {
            var credential = App.FederatedCredential()
            credential.issuer = "https://issuer.example/"
            credential.subject = "system:serviceaccount:mail:postern"
            credential.sharedKey = "issuer's key"
            $0.tenants[0].apps[0].federatedCredentials = [credential]
        }
    }

    @Test func takesAnotherIssuersToken() {
        var bench = Self.federatedBench()
        #expect(bench.requestToken(Self.request(Self.federated())).status == 200)
    }

    static let mismatches: [(changes: [String: JSONValue], code: String)] = [
        (["iss": "https://issuer.example"], "AADSTS70021"), (["sub": "other"], "AADSTS70021"),
        (["aud": "api://azureadtokenexchange"], "AADSTS70021"), (["exp": .number(now - 400)], "AADSTS700024"),
    ]

    /// Compared exactly: a slash or a capital letter makes a difference.
    @Test(arguments: mismatches) func refusesAMismatch(changes: [String: JSONValue], code: String) {
        var bench = Self.federatedBench()
        #expect(bench.requestToken(Self.request(Self.federated(changes))).code == code)
    }

    @Test func refusesAnotherIssuersKey() {
        var bench = Self.federatedBench()
        #expect(bench.requestToken(Self.request(Self.federated(key: "other"))).code == "AADSTS700027")
    }
}
