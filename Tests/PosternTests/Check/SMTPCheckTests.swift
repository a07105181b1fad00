import HTTPTransport
import MailModel
import SMTPProtocol
import TLS
import Testing

@testable import Postern

/// The SMTP path as far as it goes without a message.
@Suite(.timeLimit(.minutes(1))) struct SMTPCheckTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func items(
        _ host: String = "localhost", port: Int, _ keys: String = "tls: off, auth: off", sender: Address? = ann,
        patience: Duration = .seconds(15)
    ) async throws -> [CheckItem] {
        let settings = try configuration(
            """
            routes:
              - name: contoso
                senders: ["*@contoso.com"]
                primary: smtp
                smtp: {host: \(host), port: \(port), \(keys)}
            """)
        let clocks = ManualClock().clocks
        let checkup = Checkup(settings, sender: sender, clocks: clocks, patience: patience)
        var way = NetworkCheck(patience: patience, transport: HTTPTransport(), clocks: clocks)
        for place in settings.places { _ = await way.items(place) }
        return await checkup.smtpItems(settings.routes[0], way)
    }

    private func anchor() throws -> String {
        "\"\(try directory.write("ca.pem", Certificates.authority.certificatePEM))\""
    }

    @Test func itIsTriedUpToTheLogin() async throws {
        let anchor = try anchor()
        try await ScriptedHost.serve(tls: .offered) { host, port in
            let keys = "tls: starttls, ca_file: \(anchor), auth: password, password: s3cret"
            let items = try await items(port: port, keys)
            #expect(items.map(\.verdict) == [.ok] && items[0].subject == "localhost:\(port)")
            #expect(items[0].text.hasPrefix("connected, starttls with TLS"))
            #expect(items[0].text.hasSuffix("AUTH PLAIN as ann@contoso.com accepted") && !"\(items)".contains("s3cret"))
            #expect(host.logins.count == 1 && host.taken.isEmpty)
        }
    }

    @Test func withoutASenderTheConnectionIsTried() async throws {
        try await ScriptedHost.serve { host, port in
            let items = try await items(port: port, "tls: off, auth: password, password: p", sender: nil)
            #expect(items.map(\.verdict) == [.warning] && items[0].text.hasPrefix("connected, no TLS, no AUTH tried"))
            #expect(items[0].advice?.contains("--mailbox") == true && host.opened == 1 && host.logins.isEmpty)
        }
    }

    @Test func aHostThatAsksForNoLogin() async throws {
        try await ScriptedHost.serve { _, port in
            let items = try await items(port: port, sender: nil)
            #expect(items.map(\.text) == ["connected, no TLS, no AUTH"] && items.map(\.verdict) == [.ok])
        }
    }

    struct Case: Sendable {
        var reply: Reply
        var verdict: CheckItem.Verdict
        var advice: String?
    }

    @Test(arguments: [
        Case(
            reply: Reply(
                535, .init(5, 7, 139),
                "Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox."),
            verdict: .failed(.refused), advice: "Set-CASMailbox"),
        Case(
            reply: Reply(535, .init(5, 7, 3), "Authentication unsuccessful"), verdict: .failed(.refused),
            advice: "SMTP.SendAsApp"),
        Case(reply: Reply(432, .init(4, 3, 2), "Concurrent connections limit exceeded."), verdict: .warning),
        Case(reply: Reply(454, .init(4, 7, 0), "Temporary server error. PRX2"), verdict: .failed(.unavailable)),
    ])
    func refusedLogins(_ item: Case) async throws {
        let script = ScriptedHost.Script(login: { _ in item.reply })
        try await ScriptedHost.serve(script) { _, port in
            let found = try #require(try await items(port: port, "tls: off, auth: password, password: p").first)
            #expect(found.verdict == item.verdict, "\(found)")
            #expect(found.text.hasPrefix("authentication refused with \(item.reply.code)"), "\(found)")
            if let advice = item.advice { #expect(found.advice?.contains(advice) == true, "\(found)") }
        }
    }

    @Test func aCertificateThatIsNotTrusted() async throws {
        try await ScriptedHost.serve(tls: .offered) { _, port in
            let items = try await items(port: port, "tls: starttls, auth: off")
            #expect(items.map(\.fault) == [.unavailable] && items[0].text.contains("certificate"))
            #expect(items[0].advice?.contains("ca_file") == true)
        }
    }

    @Test func noSTARTTLS() async throws {
        let anchor = try anchor()
        try await ScriptedHost.serve { _, port in
            let items = try await items(port: port, "tls: starttls, ca_file: \(anchor), auth: off")
            #expect(items.map(\.fault) == [.refused] && items[0].text.contains("does not offer STARTTLS"))
        }
    }

    @Test func nobodyThere() async throws {
        let items = try await items("127.0.0.1", port: 9)
        #expect(items.map(\.fault) == [.unavailable] && items[0].advice?.contains("`port`") == true)
    }

    @Test func anUnknownName() async throws {
        let items = try await items("nowhere.invalid", port: 587)
        #expect(items.map(\.verdict) == [.warning] && items[0].text.contains("nowhere.invalid is not reached"))
    }

    @Test func anchorsThatCannotBeRead() async throws {
        let items = try await items("127.0.0.1", port: 9, "tls: starttls, ca_file: /nowhere/ca.pem, auth: off")
        #expect(items.map(\.fault) == [.configuration] && items[0].text.contains("/nowhere/ca.pem"))
    }
}
