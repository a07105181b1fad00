import MailModel
import Testing

@testable import GraphProtocol

@Suite struct TokenClaimsTests {
    static func token(_ claims: String) -> AccessToken {
        let text = ["{\"alg\":\"RS256\"}", claims, "signature"].map { Base64.encodeURL(Array($0.utf8)) }
        return AccessToken(text: text.joined(separator: "."), expiresIn: .seconds(3600))
    }

    static let full = """
        {"aud":"https://graph.microsoft.com","iss":"https://sts.windows.net/tid/","iat":1700000000,"nbf":1700000000,\
        "exp":1700003900,"app_displayname":"Relay ü","appid":"client","appidacr":"1","idtyp":"app","oid":"o","sub":"o",\
        "roles":["Mail.Send","Mail.ReadBasic.All"],"tid":"tid","uti":"u","ver":"1.0","xms_x":{"a":[1]}}
        """

    @Test func claimsAreRead() throws {
        let claims = try #require(TokenClaims(Self.token(Self.full)))
        #expect(claims.audience == "https://graph.microsoft.com")
        #expect(claims.issuer == "https://sts.windows.net/tid/")
        #expect(claims.clientID == "client")
        #expect(claims.tenant == "tid")
        #expect(claims.roles == ["Mail.Send", "Mail.ReadBasic.All"])
        #expect(claims.expiresAt == Timestamp(secondsSince1970: 1_700_003_900))
        #expect(claims.identityType == "app")
        #expect(claims.applicationName == "Relay ü")
    }

    @Test func versionTwoNamesTheClientOtherwise() throws {
        let claims = try #require(TokenClaims(Self.token(#"{"azp":"client","aud":["x","y"],"ver":"2.0"}"#)))
        #expect(claims.clientID == "client")
        #expect(claims.audience == "x")
        #expect(claims.roles.isEmpty)
        #expect(claims.expiresAt == nil)
    }

    static let opaque = ["abc", "a.b", "a.b.c.d", "..", "e30.!!!.x", "e30.W10.x", ""]

    @Test(arguments: opaque) func anythingElseIsOpaque(_ text: String) {
        #expect(TokenClaims(AccessToken(text: text, expiresIn: .seconds(1))) == nil)
    }

    static let verdicts: [(String?, Audience, SendingVerdict.Answer, String)] = [
        (full, .graph, .yes, "every mailbox"),
        (full, .exchangeSMTP, .undecided, "No SMTP.SendAsApp role in the token (it has Mail.ReadBasic.All, Mail.Send)"),
        (#"{"roles":["SMTP.SendAsApp"],"idtyp":"app"}"#, .exchangeSMTP, .yes, "full access"),
        (#"{"roles":["SMTP.SendAsApp"]}"#, .graph, .undecided, "No Mail.Send role"),
        (#"{"idtyp":"app"}"#, .graph, .undecided, "No Mail.Send role in the token: either nothing is consented"),
        (#"{"roles":[]}"#, .graph, .undecided, "RBAC for Applications"),
        (#"{"idtyp":"user","roles":[]}"#, .graph, .no, "user"),
        (nil, .graph, .undecided, "cannot be read"),
    ]

    @Test(arguments: verdicts)
    func verdict(_ claims: String?, _ audience: Audience, _ answer: SendingVerdict.Answer, _ words: String) {
        let verdict = SendingVerdict(claims: claims.flatMap { TokenClaims(Self.token($0)) }, audience: audience)
        #expect(verdict.answer == answer)
        #expect(verdict.text.contains(words), "\(verdict.text)")
    }
}
