import DeliveryPolicy
import EmailLog
import Foundation
import GraphProtocol
import MailModel
import Testing

@testable import Postern

@Suite struct ConfigurationDecoderTests {
    static let minimal = """
        routes:
          - name: contoso
            senders: ["*@contoso.com"]
            graph:
              tenant: contoso.onmicrosoft.com
              client_id: 11111111-1111-1111-1111-111111111111
              client_secret: very-secret
        """

    private func decode(_ text: String, environment: [String: String] = [:]) throws -> Configuration {
        try ConfigurationDecoder.decode(
            text, file: "postern.yaml", secrets: SecretSources(environment: environment), hostname: "this.machine"
        ).configuration
    }

    private func problems(_ text: String, environment: [String: String] = [:]) -> [String] {
        do {
            _ = try decode(text, environment: environment)
            return []
        } catch let error as ConfigurationError {
            return error.problems.map(\.description)
        } catch {
            return ["\(error)"]
        }
    }

    private func warnings(_ text: String) throws -> [String] {
        try ConfigurationDecoder.decode(
            text, file: "postern.yaml", secrets: SecretSources(environment: [:]), hostname: "this.machine"
        ).warnings.map(\.description)
    }

    @Test func theDefaultsAreTheContracts() throws {
        let configuration = try decode(Self.minimal)
        #expect(configuration.hostname == "this.machine")
        #expect(configuration.store == "./postern.sqlite")
        let listener = try #require(configuration.listeners.first)
        #expect(configuration.listeners.count == 1)
        #expect(listener.address.description == "127.0.0.1:2525")
        #expect(listener.tls == .off && listener.authentication == .off && listener.priority == .normal)
        #expect(listener.allow.map(\.description) == ["127.0.0.0/8", "::1/128"])
        #expect(
            listener.maxMessageSize == 35_000_000 && listener.maxRecipients == 1000 && listener.maxConnections == 500)
        #expect(listener.idleTimeout == .seconds(300))
        #expect(configuration.retry == RetrySchedule())
        #expect(configuration.retry.backoff.first == .seconds(15) && configuration.retry.backoff.max == .seconds(1800))
        #expect(configuration.retry.giveUpAfter == .seconds(172_800))
        #expect(
            configuration.retention
                == Retention(bodies: .zero, failedBodies: .seconds(2_592_000), log: .seconds(7_776_000))
        )
        #expect(configuration.log == .init(level: .info, format: .text))
    }

    @Test func aRoutesDefaultsAreThePublishedLimits() throws {
        let route = try #require(try decode(Self.minimal).routes.first)
        #expect(route.limits.messages == Rate(30, per: .seconds(60)))
        #expect(route.limits.recipients == Rate(10_000, per: .seconds(86_400)))
        #expect(route.limits.recipientsPerMessage == 500)
        #expect(route.unrepresentable == .fallback)
        #expect(route.graph?.limits == .init())
        #expect(route.graph?.limits.concurrencyPerMailbox == 3 && route.graph?.limits.concurrency == 64)
        #expect(route.graph?.limits.requests == Rate(10_000, per: .seconds(600)))
        #expect(route.graph?.limits.upload == Rate(150_000_000, per: .seconds(300)))
        #expect(route.graph?.mimeLimit == 2_200_000 && route.graph?.onUnknown == .retry)
        #expect(route.graph?.exactlyOnce == .off && route.graph?.lookupAfter == .seconds(300))
        #expect(route.graph?.credentials == [.secret(Secret("very-secret"))])
    }

    @Test func everythingCanBeSaid() throws {
        let configuration = try decode(
            """
            hostname: relay.contoso.com
            store: /tmp/postern.sqlite
            smtp:
              - {listen: "[::1]:2526", tls: required, auth: optional, allow: [10.0.0.0/8], max_message_size: 4MiB, max_recipients: 7,
                 max_connections: 8, idle_timeout: 90s, priority: bulk}
            tls: {certificate: chain.pem, private_key: key.pem}
            users:
              - {name: reports, password_hash: {env: HASH}, senders: ["reports@contoso.com", "*@x.contoso.com"], priority: high}
            routes:
              - name: one
                senders: "*"
                primary: graph
                mailbox: noreply@contoso.com
                mailboxes: {"*@contoso.com": a@contoso.com, "b@contoso.com": c@contoso.com}
                limits: {messages_per_mailbox: 600/m, recipients_per_mailbox: 5/s, recipients_per_message: 10}
                graph:
                  cloud: usgov-dod
                  login_endpoint: http://127.0.0.1:1/
                  graph_endpoint: https://graph.example
                  ca_file: ca.pem
                  proxy: http://user:word@proxy:8080
                  tenant: contoso.com
                  client_id: abc
                  certificate: {file: app.pfx, password: {env: PASSWORD}}
                  exactly_once: draft
                  lookup_after: 90s
                  on_unknown: hold
                  mime_limit: 1MB
                  limits: {concurrency_per_mailbox: 2, requests_per_mailbox: 5/s, upload_per_mailbox: 1MB/s, concurrency: 9}
                unrepresentable: rewrite
            retry: {first: 1s, factor: 1.5, max: 1m, jitter: 0, give_up_after: 1h}
            retention: {bodies: 1d, failed_bodies: 2d, log: 3d}
            log: {level: debug, format: json}
            """,
            environment: [
                "PASSWORD": "pfx-word",
                "HASH": "$scrypt$ln=15,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg==$MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
            ])
        let listener = configuration.listeners[0]
        let user = configuration.users[0]
        let route = configuration.routes[0]
        #expect(listener.tls == .required && listener.authentication == .optional && listener.priority == .bulk)
        #expect(listener.maxMessageSize == 4_194_304 && listener.maxRecipients == 7 && listener.maxConnections == 8)
        #expect(user.senders.map(\.description) == ["reports@contoso.com", "*@x.contoso.com"])
        #expect(user.priority == .high)
        #expect(route.mailbox?.description == "noreply@contoso.com" && route.mailboxes.count == 2)
        #expect(route.graph?.cloud == .usgovDoD && route.graph?.loginEndpoint == "http://127.0.0.1:1")
        #expect(route.graph?.credentials == [.certificate(file: "app.pfx", password: Secret("pfx-word"))])
        #expect(route.graph?.proxy?.reveal() == "http://user:word@proxy:8080")
        #expect(route.graph?.exactlyOnce == .draft && route.graph?.lookupAfter == .seconds(90))
        #expect(route.graph?.onUnknown == .hold && route.unrepresentable == .rewrite)
        #expect(configuration.retry.backoff.factor == 1.5 && configuration.log.format == .json)
    }

    @Test func aRouteWithBothPathsFallsBackUnlessToldOtherwise() throws {
        let route = try decode(Self.minimal + "\n    smtp: {}").routes[0]
        #expect(route.primary == .graph && route.other == .smtp && route.fallback == FallbackRule())
        let host = try #require(route.smtp)
        #expect(host.host == "smtp.office365.com" && host.port == 587 && host.tls == .starttls)
        #expect(host.authentication == .xoauth2 && host.username == nil && host.connections == 3)
        #expect(host.connectionAge == .seconds(900) && host.messagesPerConnection == 50)
        let told = try decode(
            Self.minimal + "\n    smtp: {host: h, connections: 2}\n    fallback: {on: [throttled], after: 5s}"
        ).routes[0]
        #expect(told.fallback == FallbackRule(on: [.throttled], after: .seconds(5)))
    }

    @Test func aRouteNeedsNoGraph() throws {
        let route = try decode(
            """
            routes:
              - name: relay
                senders: ["*"]
                primary: smtp
                smtp: {host: mail.contoso.com, auth: password, username: relay, password: very-secret, connections: 4}
            """
        ).routes[0]
        #expect(route.primary == .smtp && route.other == nil && route.graph == nil && route.fallback == nil)
        #expect(route.smtp?.username == "relay" && route.smtp?.password == Secret("very-secret"))
    }

    @Test func whatIsUnwiseIsSaid() throws {
        let found = try warnings(Self.minimal + "\n    smtp: {connections: 5}")
        #expect(
            found == [
                "postern.yaml:8: routes[0].smtp.connections: Exchange Online lets three at a time submit for a mailbox; more are refused with 4.3.2"
            ])
        let plain = try warnings(Self.minimal + "\n    smtp: {host: relay.contoso.com, tls: off}")
        #expect(plain.count == 1 && plain[0].contains("in the clear"))
    }

    static let broken: [(name: String, text: String, expected: [String])] = [
        (
            "an unknown key at the top", minimal + "\nhostnam: x",
            ["postern.yaml:8: hostnam: unknown key; did you mean `hostname`?"]
        ),
        (
            "an unknown key deep inside", minimal + "\n      client_sekret: x",
            ["postern.yaml:8: routes[0].graph.client_sekret: unknown key; did you mean `client_secret`?"]
        ),
        ("nothing near", minimal + "\nbananas: 7", ["postern.yaml:8: bananas: unknown key"]),
        (
            "several at once", minimal + "\nretry: {first: soon, factor: 0.5, max: 5}\nlog: loud",
            [
                "postern.yaml:8: retry.first: expected a duration such as 250ms, 30s, 5m, 2h or 3d, from 1ms to 1d, found `soon`",
                "postern.yaml:8: retry.factor: expected a number from 1.0 to 100.0, found `0.5`",
                "postern.yaml:8: retry.max: expected a duration such as 250ms, 30s, 5m, 2h or 3d, from 1ms to 7d, found `5`",
                "postern.yaml:9: log: expected keys and values, found `loud`",
            ]
        ),
        (
            "a listener's address", minimal + "\nsmtp:\n  - listen: localhost:25",
            [
                "postern.yaml:9: smtp[0].listen: expected an address such as 127.0.0.1:2525 or [::1]:2525, found `localhost:25`"
            ]
        ),
        (
            "TLS without a certificate", minimal + "\nsmtp:\n  - {listen: 127.0.0.1:0, tls: starttls}",
            ["postern.yaml:1: tls: is missing: a listener offers TLS, so certificate and private_key must be named"]
        ),
        (
            "no route", "hostname: x",
            ["postern.yaml:1: routes: is missing: without a route no mail can be accepted"]
        ),
        (
            "an unset variable", minimal.replacingOccurrences(of: "very-secret", with: "{env: NOT_SET}"),
            [
                "postern.yaml:7: routes[0].graph.client_secret: the environment variable NOT_SET is not set; set it where the service is started"
            ]
        ),
        (
            "two credentials", minimal + "\n      managed_identity: system",
            [
                "postern.yaml:5: routes[0].graph.client_secret: exactly one of client_secret, certificate, federated_token_file, managed_identity must be given; client_secret and managed_identity are"
            ]
        ),
        (
            "a shared tenant", minimal.replacingOccurrences(of: "contoso.onmicrosoft.com", with: "common"),
            [
                "postern.yaml:5: routes[0].graph.tenant: must be the directory's id or one of its domains: client credentials know no shared tenant"
            ]
        ),
        (
            "a word that is no mode", minimal + "\n      exactly_once: lookups",
            ["postern.yaml:8: routes[0].graph.exactly_once: expected one of off, lookup, draft, found `lookups`"]
        ),
        (
            "no path at all", minimal.replacingOccurrences(of: "graph:", with: "grph:"),
            [
                "postern.yaml:2: routes[0].graph: is missing: tenant, client_id and a credential say how to reach Microsoft",
                "postern.yaml:4: routes[0].grph: unknown key; did you mean `graph`?",
            ]
        ),
        (
            "an SMTP path without a host to go to", minimal + "\n    primary: smtp",
            ["postern.yaml:2: routes[0].smtp: is missing: `primary: smtp` needs a submission host"]
        ),
        (
            "a password that is not there", minimal + "\n    smtp: {auth: password}",
            ["postern.yaml:8: routes[0].smtp.password: is missing: `auth: password` needs one"]
        ),
        (
            "a fallback with nowhere to go", minimal + "\n    fallback: {on: [throttled]}",
            ["postern.yaml:8: routes[0].fallback: has nowhere to go: the route has no `smtp` section"]
        ),
        (
            "a condition nobody knows", minimal + "\n    smtp: {}\n    fallback: {on: [sunday]}",
            [
                "postern.yaml:9: routes[0].fallback.on[0]: expected unavailable, unauthorized, unrepresentable or throttled, found `sunday`"
            ]
        ),
        (
            "an empty file", "",
            ["postern.yaml:1: the file holds no keys; see the commented reference, config/postern.yaml"]
        ),
    ]

    @Test(arguments: broken) func saysWhatIsWrong(_ row: (name: String, text: String, expected: [String])) {
        #expect(problems(row.text) == row.expected, "\(row.name)")
    }

    @Test func aSyntaxErrorHasItsLine() {
        let found = problems("hostname: x\nroutes: [a, b\nlog: {level: info}\n")
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("postern.yaml:") == true && found.first?.contains("not valid YAML") == true)
    }

    @Test func aKeyThatStandsTwiceIsRefused() {
        #expect(
            problems(Self.minimal + "\nstore: a\nstore: b").contains { $0.contains("twice") && $0.contains("store") })
    }

    @Test func whatComesLaterIsSaidNotSwallowed() throws {
        let found = try warnings(Self.minimal + "\nhttp: {listen: 127.0.0.1:8025}")
        #expect(found == ["postern.yaml:8: http: has no effect in this version"])
    }

    @Test func noSecretShowsAnywhere() throws {
        let configuration = try decode(Self.minimal)
        #expect(!String(describing: configuration).contains("very-secret"))
        #expect(!String(reflecting: configuration).contains("very-secret"))
        #expect(!String(reflecting: configuration.effective).contains("very-secret"))
        var dumped = ""
        dump(configuration, to: &dumped)
        #expect(!dumped.contains("very-secret"))
    }

    @Test(arguments: ["config/postern.yaml", "config/demo.yaml"]) func theShippedFilesDecode(_ path: String) throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..")
        let text = try String(contentsOf: root.appending(path: path), encoding: .utf8)
            .replacingOccurrences(of: "{file: /etc/postern/client-secret}", with: "x")
        #expect(problems(text) == [])
    }
}

@Suite struct SecretTests {
    @Test func aFileLosesItsLastNewline() throws {
        let path = FileManager.default.temporaryDirectory.appending(
            path: "postern-secret-\(UInt64.random(in: 0 ... .max))"
        ).path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try "s3cret word\n".write(toFile: path, atomically: true, encoding: .utf8)
        let text = ConfigurationDecoderTests.minimal.replacingOccurrences(of: "very-secret", with: "{file: \(path)}")
        let decoded = try ConfigurationDecoder.decode(
            text, file: "f", secrets: SecretSources(environment: [:]), hostname: "h")
        #expect(decoded.configuration.routes[0].graph?.credentials == [.secret(Secret("s3cret word"))])
    }

    @Test func aCredentialComesFromSystemdsDirectory() throws {
        let directory = FileManager.default.temporaryDirectory.appending(
            path: "postern-credentials-\(UInt64.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        try "from-systemd".write(to: directory.appending(path: "graph"), atomically: true, encoding: .utf8)
        let text = ConfigurationDecoderTests.minimal.replacingOccurrences(
            of: "very-secret", with: "{credential: graph}")
        let sources = SecretSources(environment: ["CREDENTIALS_DIRECTORY": directory.path])
        let decoded = try ConfigurationDecoder.decode(text, file: "f", secrets: sources, hostname: "h")
        #expect(decoded.configuration.routes[0].graph?.credentials == [.secret(Secret("from-systemd"))])
    }

    @Test func printsAsStars() {
        #expect("\(Secret("x"))" == "****")
        #expect(String(reflecting: Secret("x")) == "****")
    }
}
