import DeliveryPolicy
import EmailLog
import HTTPTransport
import MailModel
import TLS
import Testing

@testable import Postern

/// From the configuration's words to what decides and what acts.
@Suite struct DeliveryRouteTests {
    private let outbound: Outbound
    private let clock = ManualClock()

    init() throws { outbound = Outbound(try configuration(Desk.routes)) }

    private static let full = """
        routes:
          - name: contoso
            senders: ["*@contoso.com"]
            unrepresentable: rewrite
            limits: {messages_per_mailbox: 20/2m, recipients_per_mailbox: 500/h, recipients_per_message: 50}
            graph:
              tenant: t
              client_id: c
              client_secret: s
              on_unknown: hold
              mime_limit: 1MB
              limits: {concurrency_per_mailbox: 2, requests_per_mailbox: 100/m, upload_per_mailbox: 1MB/m, concurrency: 9}
        retry: {first: 5s, give_up_after: 1h}
        """

    private func route(
        _ yaml: String, change: (inout Configuration) -> Void = { _ in }
    ) throws -> DeliveryRoute {
        var settings = try configuration(yaml)
        change(&settings)
        return try DeliveryRoute(settings.routes[0], settings, outbound: outbound, clocks: clock.clocks)
    }

    @Test func everyLimitIsHandedOn() throws {
        let route = try route(Self.full)
        #expect(route.name == "contoso" && route.lostAnswers == LostAnswers(onUnknown: .hold))
        #expect(route.limits.concurrency == 9 && route.limits.lane.concurrency == 2)
        #expect(route.limits.lane.messages == Rate(20, per: .seconds(120)))
        #expect(route.limits.lane.recipients == Rate(500, per: .seconds(3600)))
        #expect(route.limits.lane.requests == Rate(100, per: .seconds(60)))
        #expect(route.limits.lane.upload == Rate(1_000_000, per: .seconds(60)))
        #expect(route.limits.lane.uploadsAbove == 1_000_000)
        #expect(route.schedule.backoff.first == .seconds(5) && route.schedule.giveUpAfter == .seconds(3600))
        let path = try #require(route.paths[.graph] as? GraphPath)
        #expect(path.hostname == "relay.test" && path.application.tenant == "t")
        #expect(
            path.policy
                == SendPlan.Policy(
                    mimeLimit: 1_000_000, recipientsPerMessage: 50, unrepresentable: .rewrite,
                    fallsBackUnrepresentable: false))
    }

    @Test func theDefaultsAreThePublishedLimits() throws {
        var limits = RouteLimits()
        limits.acceptedDomains = AcceptedDomains([SenderPattern("*@contoso.com")].compactMap(\.self))
        limits.lane.uploadsAbove = 2_200_000
        #expect(try route(Desk.routes).limits == limits)
    }

    static let logins: [(smtp: String, ofMailbox: Int, ofRoute: Int?)] = [
        ("{}", 3, nil), ("{connections: 2}", 2, nil),
        ("{host: mail.contoso.com, auth: password, username: relay, password: secret, connections: 4}", 4, 4),
    ]

    /// Mailboxes that share a login share its connections.
    @Test(arguments: logins) func aLoginHasItsConnections(smtp: String, ofMailbox: Int, ofRoute: Int?) throws {
        let yaml = Self.full.replacing("    graph:\n", with: "    smtp: \(smtp)\n    graph:\n", maxReplacements: 1)
        let limits = try route(yaml).limits
        #expect(limits.lane.connections == ofMailbox && limits.connections == ofRoute)
        #expect(limits.concurrency(of: .graph) == 9 && limits.concurrency(of: .smtp) == ofRoute ?? 9)
    }

    /// Under the same name there may be another certificate by now.
    @Test func everyTimeACertificateIsRead() throws {
        let directory = try TemporaryDirectory()
        let identity = Certificates.client
        let file = try directory.write("app.pem", identity.certificatePEM + identity.privateKeyPEM)
        let use: (inout Configuration) -> Void = {
            $0.routes[0].graph?.credentials = [.certificate(file: file, password: nil)]
        }
        #expect(throws: Never.self) { try route(Self.full, change: use) }
        try directory.write("app.pem", "nothing")
        #expect(throws: CredentialProblem.self) { try route(Self.full, change: use) }
    }

    // MARK: After a death

    static let recoveries: [(keys: String, path: Path, isHeld: Bool, mayLeaveDraft: Bool, isUpload: Bool)] = [
        ("on_unknown: retry, large: upload", .graph, false, true, true),
        ("on_unknown: hold, large: upload", .graph, true, true, true),
        ("on_unknown: hold, large: auto", .graph, true, true, true),
        ("on_unknown: hold, large: refuse", .graph, true, false, false),
        ("on_unknown: retry, large: refuse", .graph, false, false, false),
        ("on_unknown: hold, exactly_once: draft, large: refuse", .graph, false, true, false),
        ("on_unknown: hold, exactly_once: lookup, large: smtp", .graph, false, false, false),
        ("on_unknown: hold, exactly_once: draft, large: upload", .smtp, true, false, false),
    ]

    @Test(arguments: recoveries) func whatBecomesOfACutOffAttempt(
        _ keys: String, _ path: Path, _ isHeld: Bool, _ mayLeaveDraft: Bool, _ isUpload: Bool
    ) throws {
        let lines = keys.split(separator: ", ").map { "      \($0)\n" }.joined()
        let yaml = Self.full.replacing("      on_unknown: hold\n", with: lines)
        let policy = try route(yaml).recovery(by: path, at: clock.now)
        #expect(policy.next == (isHeld ? .hold : .retry(at: clock.now + .seconds(5))))
        #expect(policy.mayLeaveDraft == mayLeaveDraft)
        let (small, large) = (policy.cost(2, 1_000_000), policy.cost(2, 1_000_001))
        #expect(small.requests == (path == .graph ? 5 : 1))
        let allowance = UploadAllowance(size: 1_000_001)
        #expect(large.requests == small.requests + (isUpload ? Int(allowance.requests) : 0))
        #expect(large.recipients == 2 && large.externalRecipients == 2)
        if isUpload { #expect(Base64.encodedLength(of: large.bytes) >= Int(allowance.octets)) }
    }

    /// Nobody knows in which form it went.
    @Test(arguments: Path.allCases) func whatBecomesOfOneWhoseRouteIsGone(_ path: Path) {
        let policy = RecoveryPolicy.unconfigured(by: path, at: clock.now)
        #expect(policy.next == .retry(at: clock.now + .seconds(15)) && policy.mayLeaveDraft == (path == .graph))
        let allowance = UploadAllowance(size: 700)
        #expect(policy.cost(1, 700).requests == (path == .graph ? Int(allowance.requests) + 5 : 1))
    }

    // MARK: All together

    @Test func runtimeSettingsNameTheRouteInTrouble() throws {
        var settings = try configuration(Desk.routes)
        settings.routes[1].graph?.credentials = [.certificate(file: "/nowhere.pem", password: nil)]
        let error = #expect(throws: GatewayError.self) {
            try RuntimeSettings(settings, outbound: outbound, clocks: clock.clocks)
        }
        #expect(error?.description.hasPrefix("route shared: the certificate file /nowhere.pem cannot be read") == true)
    }

    @Test func runtimeSettingsKeepTheOrder() throws {
        let settings = try RuntimeSettings(
            configuration(Desk.routes), outbound: outbound, clocks: clock.clocks)
        #expect(settings.routes.map(\.name) == ["contoso", "shared"])
        #expect(settings.reception.hostname == "relay.test" && settings.listeners.count == 1)
    }
}
