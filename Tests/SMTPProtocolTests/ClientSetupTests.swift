import MailModel
import SMTPProtocol
import Testing

/// From the greeting to `ready`, or to the reason why not.
@Suite struct ClientSetupTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let configuration: ClientConfiguration
        let script: Script
        let failure: ClientFailure?
        var testDescription: String { script.name }

        init(_ name: String, _ configuration: ClientConfiguration, failure: ClientFailure? = nil, _ text: String) {
            self.configuration = configuration
            self.failure = failure
            script = Script(name, text)
        }
    }

    @Test(arguments: cases, [Cut.lines, .octets])
    func setup(_ example: Case, cut: Cut) {
        let harness = ClientHarness.play(example.script, example.configuration, cut: cut)
        #expect(harness.failure == example.failure)
        #expect(harness.isReady == (example.failure == nil))
        #expect(harness.isClosed == (example.failure != nil))
    }

    @Test func encryptedFromTheFirstByteNeedsNoSTARTTLS() {
        var harness = ClientHarness(.secure, isSecure: true)
        harness.feed(line: "220 server")
        harness.feed(line: "250 server")
        #expect(harness.isReady)
        #expect(harness.take() == "EHLO client.test\r\n")
    }

    @Test func whatWasOfferedInPlaintextIsForgotten() {
        var harness = ClientHarness(.secure)
        for line in ["220 server", "250-server\r\n250-PIPELINING\r\n250 STARTTLS", "220 go"] {
            harness.feed(line: line)
        }
        harness.happen("tls")
        #expect(harness.session.capabilities == ServerCapabilities())
    }

    @Test func aLongPasswordGoesInTwoSteps() {
        let password = String(repeating: "p", count: 400)
        var configuration = ClientConfiguration.open
        configuration.credentials = .plain(authorization: "", user: "user", password: password)
        var harness = ClientHarness(configuration)
        for line in ["220 server", "250-server\r\n250 AUTH PLAIN"] { harness.feed(line: line) }
        #expect(harness.take().hasSuffix("AUTH PLAIN\r\n"))
        harness.feed(line: "334 ")
        #expect(harness.take() == "\(Base64.encode("\0user\0\(password)".utf8))\r\n")
        harness.feed(line: "235 ok")
        #expect(harness.isReady)
    }

    @Test(arguments: ["AHVzZXIAc2VjcmV0", "c2VjcmV0", "secret"])
    func aServerThatRepeatsTheCredentialIsNotQuoted(_ word: String) {
        var configuration = ClientConfiguration.open
        configuration.credentials = .plain(authorization: "", user: "user", password: "secret")
        var harness = ClientHarness(configuration)
        for line in ["220 server", "250-server\r\n250 AUTH PLAIN", "501 5.5.4 Cannot read AUTH PLAIN \(word)"] {
            harness.feed(line: line)
        }
        guard case .authenticationRefused(let reply, nil) = harness.failure?.reason else {
            Issue.record("\(String(describing: harness.failure))")
            return
        }
        #expect(reply.code == 501 && reply.status == .init(5, 5, 4) && !reply.text.contains(word))
    }

    @Test func actingForAnotherNeedsPlain() {
        var configuration = ClientConfiguration.open
        configuration.credentials = .plain(authorization: "other", user: "user", password: "secret")
        var harness = ClientHarness(configuration)
        for line in ["220 server", "250-server\r\n250 AUTH LOGIN"] { harness.feed(line: line) }
        #expect(harness.failure?.reason == .mechanismNotOffered(["LOGIN"]))
    }
}
