import EmailLog
import Logging
import MailModel
import NIOConcurrencyHelpers
import SMTPProtocol
import SMTPTransport
import Testing

@testable import Postern

/// The questions of a session, before and beside the message.
@Suite struct ReceptionTests {
    private static let refused = Reply(535, .init(5, 7, 8), "Authentication credentials invalid")

    struct Login: Sendable {
        var credentials: Credentials
        var isAccepted: Bool
    }

    @Test(arguments: [
        Login(credentials: .plain(authorization: "", user: "reports", password: Desk.password), isAccepted: true),
        Login(
            credentials: .plain(authorization: "reports", user: "reports", password: Desk.password), isAccepted: true),
        Login(credentials: .login(user: "reports", password: Desk.password), isAccepted: true),
        Login(credentials: .plain(authorization: "", user: "reports", password: "wrong"), isAccepted: false),
        Login(credentials: .plain(authorization: "", user: "reports", password: ""), isAccepted: false),
        Login(credentials: .login(user: "reports", password: Desk.password + " "), isAccepted: false),
        Login(credentials: .plain(authorization: "", user: "nobody", password: Desk.password), isAccepted: false),
        Login(credentials: .plain(authorization: "", user: "", password: Desk.password), isAccepted: false),
        // Nobody acts for somebody else.
        Login(credentials: .plain(authorization: "plain", user: "reports", password: Desk.password), isAccepted: false),
        Login(credentials: .xoauth2(user: "reports", token: Desk.password), isAccepted: false),
    ])
    func onlyTheRightPasswordOfAKnownUserIsTaken(_ login: Login) async throws {
        let desk = try Desk()
        let reply = await desk.reception.authenticate(login.credentials, desk.context())
        #expect(reply == (login.isAccepted ? nil : Self.refused))
    }

    @Test func aFailedLoginIsLoggedWithoutName() async throws {
        let desk = try Desk()
        _ = await desk.reception.authenticate(.login(user: "reports", password: "wrong"), desk.context())
        let line = try #require(desk.recorder.lines.first)
        #expect(line.sentence == "authentication failed" && line.metadata == ["client": "192.0.2.7"])
    }

    @Test(arguments: [
        (nil as String?, "boss@contoso.com" as String?, true), ("reports", "reports@contoso.com", true),
        ("reports", nil, true),
        ("reports", "x@sub.contoso.com", true), ("reports", "boss@contoso.com", false),
        ("gone", "reports@contoso.com", false), ("gone", nil, false),
    ])
    func envelopeSendersAreTheUsers(_ user: String?, _ sender: String?, _ isAllowed: Bool) async throws {
        let desk = try Desk()
        let reply = await desk.reception.checkSender(
            sender.map(address), MailParameters(), desk.context(user: user))
        #expect((reply == nil) == isAllowed)
        if let reply {
            #expect(reply.code == 550 && reply.status == .init(5, 7, 1))
            #expect(reply.text.contains(" is not a sender of user \(user ?? "");"))
            #expect(sender == nil || reply.text.hasPrefix("\(sender ?? "") is not"))
        }
    }

    @Test func anyRecipientIsTaken() async throws {
        let desk = try Desk()
        #expect(await desk.reception.checkRecipient(address("anyone@anywhere.test"), desk.context()) == nil)
    }

    /// A reload holds for sessions that are open already.
    @Test func otherRulesHoldAtOnce() async throws {
        let desk = try Desk()
        let login = Credentials.login(user: "reports", password: Desk.password)
        #expect(await desk.reception.authenticate(login, desk.context()) == nil)
        let withoutUsers = ReceptionRules(try configuration(Desk.routes))
        desk.rules.withLockedValue { $0 = withoutUsers }
        #expect(await desk.reception.authenticate(login, desk.context()) == Self.refused)
        let sender = address("reports@contoso.com")
        #expect(
            await desk.reception.checkSender(sender, MailParameters(), desk.context(user: "reports"))?.code == 550)
    }

    @Test func connectionsThatGoWrongAreLogged() throws {
        struct Lost: Error {}
        let desk = try Desk()
        desk.reception.connectionClosed(desk.context(), error: nil)
        #expect(desk.recorder.lines.isEmpty)
        desk.reception.connectionClosed(desk.context(), error: Lost())
        desk.reception.connectionRefused(PeerAddress(ip: "198.51.100.1", port: 1), Reply(554, .init(5, 7, 1), "no"))
        #expect(desk.recorder.sentences == ["connection lost", "connection refused"])
        #expect(desk.recorder.lines.last?.metadata["client"] == "198.51.100.1")
    }
}
