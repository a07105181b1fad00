import MailModel
import Testing

@testable import GraphProtocol

@Suite struct ClientAssertionTests {
    static let tokenURL = "https://login.microsoftonline.com/t/oauth2/v2.0/token"
    let assertion = ClientAssertion(
        clientID: "11111111-2222-3333-4444-555555555555", tokenURL: tokenURL, thumbprint: Array(0..<32),
        id: "6f9619ff-8b86-d011-b42d-00c04fc964ff", now: Timestamp(milliseconds: 1_700_000_000_999))

    func part(_ index: Int, of text: String) throws -> JSONValue {
        let parts = text.split(separator: ".")
        return try #require(Base64.decodeURL(parts[index]).flatMap { JSONValue($0) })
    }

    @Test func headerNamesAlgorithmAndThumbprint() throws {
        let header = try part(0, of: assertion.signingInput)
        #expect(
            header
                == .object([
                    "alg": .string("PS256"), "typ": .string("JWT"),
                    "x5t#S256": .string("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"),
                ]))
    }

    @Test func claimsAreTheClientsOwn() throws {
        let claims = try part(1, of: assertion.signingInput)
        #expect(
            claims
                == .object([
                    "aud": .string(Self.tokenURL), "iss": .string("11111111-2222-3333-4444-555555555555"),
                    "sub": .string("11111111-2222-3333-4444-555555555555"),
                    "jti": .string("6f9619ff-8b86-d011-b42d-00c04fc964ff"), "nbf": .number(1_700_000_000),
                    "exp": .number(1_700_000_600),
                ]))
    }

    @Test func signatureComesLast() throws {
        guard case .assertion(let text) = assertion.attach(signature: [0xFB, 0xFF, 0xFE]) else {
            Issue.record("not an assertion")
            return
        }
        #expect(text == assertion.signingInput + ".-__-")
        #expect(text.split(separator: ".", omittingEmptySubsequences: false).count == 3)
        #expect(!text.contains("="))
    }

    @Test func oddClientNamesStayInTheirQuotes() throws {
        let odd = ClientAssertion(
            clientID: "a\",\"aud\":\"x", tokenURL: "u\\", thumbprint: [], id: "\n", now: rfcMoment)
        let claims = try part(1, of: odd.signingInput)
        #expect(claims["iss"] == .string("a\",\"aud\":\"x"))
        #expect(claims["aud"] == .string("u\\"))
        #expect(claims["jti"] == .string("\n"))
    }
}
