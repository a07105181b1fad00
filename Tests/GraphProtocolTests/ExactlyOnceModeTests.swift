import MailModel
import Testing

@testable import GraphProtocol

/// What each mode needs, and what a token says of it.
@Suite struct ExactlyOnceModeTests {
    static func claims(_ roles: [String]) -> TokenClaims? {
        let list = roles.map { "\"\($0)\"" }.joined(separator: ",")
        let payload = Base64.encodeURL(Array("{\"idtyp\":\"app\",\"roles\":[\(list)]}".utf8))
        return TokenClaims(AccessToken(text: "e30.\(payload).x", expiresIn: .seconds(60)))
    }

    private static let verdicts: [([String], off: Bool?, lookup: Bool?, draft: Bool?)] = [
        (["Mail.Send", "Mail.ReadWrite"], true, true, true), (["Mail.Send", "Mail.Read"], true, true, false),
        (["Mail.Send"], true, false, false), (["Mail.ReadWrite"], true, true, true),
        // Exchange decides: roles of RBAC for Applications are not in the token.
        ([], true, nil, nil), (["User.Read.All"], true, nil, nil),
    ]

    @Test(arguments: verdicts.indices) func permissions(_ index: Int) {
        let row = Self.verdicts[index]
        let claims = Self.claims(row.0)
        #expect(claims?.roles == row.0)
        #expect(ExactlyOnce.off.isPermitted(by: claims) == row.off)
        #expect(ExactlyOnce.lookup.isPermitted(by: claims) == row.lookup)
        #expect(ExactlyOnce.draft.isPermitted(by: claims) == row.draft)
    }

    @Test func anOpaqueTokenTellsNothing() {
        #expect(ExactlyOnce.allCases.map { $0.isPermitted(by: nil) } == [true, nil, nil])
    }

    @Test func theNextStepNamesTheRole() {
        #expect(ExactlyOnce.off.permissionAdvice == nil)
        #expect(ExactlyOnce.lookup.permissionAdvice?.contains("\"Application Mail.Read\"") == true)
        #expect(ExactlyOnce.draft.permissionAdvice?.contains("\"Application Mail.ReadWrite\"") == true)
    }
}
