import MailModel
import SMTPProtocol
import Testing

@Suite struct SASLTests {
    static let messages: [(Credentials, String)] = [
        (.plain(authorization: "", user: "tim", password: "tanstaaf"), "\0tim\0tanstaaf"),
        (.plain(authorization: "Ursel", user: "Kurt", password: "xipj3plmq"), "Ursel\0Kurt\0xipj3plmq"),
        (.plain(authorization: "", user: "jürgen", password: ""), "\0jürgen\0"),
        (.xoauth2(user: "a@x.test", token: "vF9.x-y"), "user=a@x.test\u{1}auth=Bearer vF9.x-y\u{1}\u{1}"),
    ]

    @Test(arguments: messages)
    func writesAndReads(_ credentials: Credentials, _ message: String) {
        let bytes = SASL.initialResponse(of: credentials)
        #expect(text(bytes) == message)
        switch credentials.mechanism {
        case .plain: #expect(SASL.decodePlain(bytes) == credentials)
        case .xoauth2: #expect(SASL.decodeXOAuth2(bytes) == credentials)
        case .login: Issue.record("LOGIN has no such message")
        }
    }

    @Test func loginBeginsWithTheName() {
        #expect(text(SASL.initialResponse(of: .login(user: "tim", password: "x"))) == "tim")
    }

    @Test func xoauth2FieldsInAnyOrder() {
        let message = "auth=bearer t\u{1}host=x\u{1}user=u\u{1}\u{1}"
        #expect(SASL.decodeXOAuth2(Array(message.utf8)) == .xoauth2(user: "u", token: "t"))
    }

    @Test(arguments: ["", "a", "\0a", "\0\0p", "\0a\0b\0c"])
    func refusesPlain(_ message: String) {
        #expect(SASL.decodePlain(Array(message.utf8)) == nil)
    }

    @Test(arguments: [
        "", "\u{1}\u{1}", "user=a\u{1}\u{1}", "user=\u{1}auth=Bearer t\u{1}\u{1}",
        "user=a\u{1}auth=Bearer \u{1}\u{1}",
        "user=a\u{1}auth=Bearer t\u{1}", "user=a\u{1}auth=Basic t\u{1}\u{1}",
    ])
    func refusesXOAuth2(_ message: String) {
        #expect(SASL.decodeXOAuth2(Array(message.utf8)) == nil)
    }

    @Test func refusesWhatIsNotUTF8() {
        #expect(SASL.decodePlain([0, 0xFF, 0, 0x61]) == nil)
        #expect(SASL.decodeXOAuth2([0xFF, 1, 1]) == nil)
    }

    @Test(arguments: messages.map(\.0) + [.login(user: "tim", password: "tanstaaf")])
    func credentialsPrintWithoutTheirSecret(_ credentials: Credentials) {
        var dumped = ""
        dump(credentials, to: &dumped)
        for shown in ["\(credentials)", String(reflecting: credentials), "\([credentials])", dumped] {
            for secret in ["tanstaaf", "xipj3plmq", "vF9"] { #expect(!shown.contains(secret)) }
        }
        #expect("\(credentials)".contains(credentials.user))
    }
}
