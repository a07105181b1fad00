import MailModel
import SMTPProtocol
import SMTPTransport
import TLS
import Testing

@testable import Postern

/// From the configuration's words to what the server is told.
@Suite struct ListenerSettingsTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func settings(_ listener: String, tls: String = "") throws -> [ListenerSettings] {
        try ListenerSettings.all(of: configuration("smtp:\n  - {\(listener)}\n\(tls)\n\(Desk.routes)"))
    }

    private func certificate(_ change: ([UInt8], [UInt8]) -> ([UInt8], [UInt8]) = { ($0, $1) }) throws -> String {
        let issued = try Certificates.server()
        let (chain, key) = change(issued.certificatePEM, issued.privateKeyPEM)
        let paths = (try directory.write("chain.pem", chain), try directory.write("key.pem", key))
        return "tls: {certificate: \(paths.0), private_key: \(paths.1)}"
    }

    @Test func numbersAreHandedOn() throws {
        let listener = """
            listen: "127.0.0.1:0", max_message_size: 1MB, max_recipients: 7, max_connections: 3, idle_timeout: 9s,
                priority: bulk
            """
        let settings = try #require(try settings(listener).first)
        #expect(settings.server.session.maxMessageSize == 1_000_000 && settings.server.session.maxRecipients == 7)
        #expect(settings.server.maxConnections == 3 && settings.server.idleTimeout == .seconds(9))
        #expect(settings.server.session.hostname == "relay.test" && settings.listener.priority == .bulk)
    }

    @Test(arguments: [
        ("off", ServerConfiguration.TLS.off, false, true), ("starttls", .offered, false, false),
        ("required", .required, false, false), ("implicit", .off, true, false),
    ])
    func passwordsInTheClearAreHeardOnlyWithoutTLS(
        _ word: String, _ session: ServerConfiguration.TLS, _ isImplicit: Bool, _ allowsPlaintext: Bool
    ) throws {
        let settings = try #require(
            try settings("listen: \"127.0.0.1:0\", tls: \(word)", tls: certificate()).first)
        #expect(settings.server.session.tls == session && settings.server.implicitTLS == isImplicit)
        #expect(settings.server.session.allowsPlaintextAuthentication == allowsPlaintext)
        #expect((settings.server.tls == nil) == (word == "off"))
    }

    @Test(arguments: [
        ("off", ServerConfiguration.Authentication.off), ("optional", .optional), ("required", .required),
    ])
    func authenticationIsAsConfigured(_ word: String, _ expected: ServerConfiguration.Authentication) throws {
        let settings = try settings("listen: \"127.0.0.1:0\", auth: \(word)", tls: Desk.users)
        #expect(settings.first?.server.session.authentication == expected)
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.9.9.9", true), ("10.1.2.3", true), ("10.2.0.0", false), ("192.0.2.1", false),
        ("::ffff:10.1.2.3", true), ("::1", false), ("nonsense", false), ("", false),
    ])
    func onlyAllowedNetworksAreLetIn(_ ip: String, _ isAllowed: Bool) throws {
        let settings = try #require(
            try settings("listen: \"127.0.0.1:0\", allow: [127.0.0.0/8, 10.1.0.0/16]").first)
        #expect(settings.server.isAllowed(PeerAddress(ip: ip, port: 1)) == isAllowed)
    }

    // MARK: Files

    private func problem(_ tls: String) -> String? {
        do {
            _ = try settings("listen: \"127.0.0.1:0\", tls: starttls", tls: tls)
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test func aMissingFileIsNamed() throws {
        _ = try certificate()
        let (chain, key, gone) = ("\(directory.path)/chain.pem", "\(directory.path)/key.pem", "\(directory.path)/gone")
        let first = problem("tls: {certificate: \(gone), private_key: \(key)}")
        #expect(first?.hasPrefix("tls.certificate: the file \(gone) cannot be read") == true, "\(first ?? "")")
        let second = problem("tls: {certificate: \(chain), private_key: \(gone)}")
        #expect(second?.hasPrefix("tls.private_key: the file \(gone) cannot be read") == true, "\(second ?? "")")
    }

    @Test func filesThatDoNotBelongTogetherAreRefused() throws {
        let stranger = try Certificates.authority.issueServer(names: ["x"], validity: Certificates.always)
        let mismatch = try certificate { chain, _ in (chain, stranger.privateKeyPEM) }
        #expect(problem(mismatch)?.hasPrefix("tls (\(directory.path)/chain.pem, \(directory.path)/key.pem): ") == true)
        let garbage = try certificate { _, key in (Array("garbage".utf8), key) }
        #expect(problem(garbage)?.hasPrefix("tls (") == true)
    }

    /// A file that no listener needs is not read.
    @Test func withoutTLSNoFileIsRead() throws {
        let tls = "tls: {certificate: /nowhere/chain.pem, private_key: /nowhere/key.pem}"
        #expect(try settings("listen: \"127.0.0.1:0\"", tls: tls).count == 1)
    }
}
