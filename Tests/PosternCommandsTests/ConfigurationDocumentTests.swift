import Foundation
import Postern
import Testing

@testable import PosternCommands

@Suite struct ConfigurationDocumentTests {
    private static let text = """
        hostname: relay.contoso.com
        store: /tmp/x.sqlite
        smtp:
          - {listen: "[::1]:2526", allow: [10.0.0.0/8], priority: bulk}
        routes:
          - name: "odd: name #1"
            senders: ["*"]
            mailboxes: {"*@contoso.com": a@contoso.com}
            graph: {tenant: contoso.com, client_id: abc, client_secret: s3cret, proxy: "http://u:p@proxy:1"}
        retry: {factor: 1.5}
        """

    private func decode(_ text: String) throws -> Postern.Configuration {
        try ConfigurationDecoder.decode(
            text, file: "f", secrets: SecretSources(environment: [:]), hostname: "h"
        ).configuration
    }

    @Test func whatIsShownReadsBackButForTheSecrets() throws {
        let configuration = try decode(Self.text)
        let shown = configuration.effective.yaml.joined(separator: "\n")
        let again = try decode(shown.replacingOccurrences(of: "proxy: \"****\"", with: "proxy: ~"))
        #expect(again.hostname == configuration.hostname && again.store == configuration.store)
        #expect(again.listeners == configuration.listeners && again.retry == configuration.retry)
        #expect(again.retention == configuration.retention && again.log == configuration.log)
        #expect(again.routes.map(\.name) == configuration.routes.map(\.name))
        #expect(again.routes[0].acceptedDomains == configuration.routes[0].acceptedDomains)
        var limits = again.routes[0].limits
        limits.acceptedDomains = configuration.routes[0].limits.acceptedDomains
        #expect(limits == configuration.routes[0].limits)
        #expect(again.routes[0].mailboxes == configuration.routes[0].mailboxes)
        #expect(again.routes[0].graph?.limits == configuration.routes[0].graph?.limits)
    }

    @Test func noSecretIsShown() throws {
        let effective = try decode(Self.text).effective
        for text in [effective.yaml.joined(separator: "\n"), effective.json.written()] {
            #expect(!text.contains("s3cret") && !text.contains("u:p@") && text.contains("****"))
        }
    }

    @Test(arguments: [
        (EffectiveValue.text("plain"), "plain"), (.text("off"), "off"), (.text("true"), "\"true\""),
        (.text("30/m"), "\"30/m\""),
        (.text("a: b"), "\"a: b\""), (.text(""), "\"\""), (.text("say \"x\""), "\"say \\\"x\\\"\""), (.number(3), "3"),
        (.number(0.2), "0.2"), (.none, "~"), (.list([.number(1), .text("a")]), "[1, a]"), (.list([]), "[]"),
        (.keys([]), "{}"),
    ])
    func scalars(_ value: EffectiveValue, _ expected: String) {
        #expect(EffectiveValue.keys([("k", value)]).yaml == ["k: \(expected)"])
    }
}
