import DeliveryPolicy
import MailModel
import Testing

@testable import Postern

/// `external_recipients` and `accepted_domains`.
@Suite struct QuotaDecoderTests {
    private func warnings(_ text: String) throws -> [String] {
        try ConfigurationDecoder.decode(
            text, file: "postern.yaml", secrets: SecretSources(environment: [:]), hostname: "this.machine"
        ).warnings.map(\.description)
    }

    private static func route(_ name: String, _ rest: String) -> String {
        "  - {name: \(name), senders: \"*@contoso.com\", smtp: {host: relay.contoso.com, auth: off}, primary: smtp, \(rest)}\n"
    }

    @Test func aMailboxInTwoRoutesIsWarnedOf() throws {
        let found = try warnings(
            "routes:\n" + Self.route("a", "mailbox: noreply@contoso.com")
                + Self.route("b", "mailbox: NoReply@contoso.com") + Self.route("c", "mailbox: other@contoso.com"))
        #expect(found.count == 1, "\(found)")
        #expect(found.first?.contains("noreply@contoso.com stands in several routes") == true)
    }

    @Test(arguments: [("7d", 0), ("6d", 1)]) func aLogShorterThanALimitIsWarnedOf(log: String, count: Int) throws {
        let found = try warnings(
            "retention: {log: \(log)}\nroutes:\n" + Self.route("a", "limits: {recipients_per_mailbox: 50000/7d}"))
        #expect(found.count == count, "\(found)")
        #expect(found.allSatisfy { $0.contains("a restart would forget") && $0.contains("7d") })
    }

    private func yaml(_ limits: String, senders: String = #"["*@contoso.com"]"#, _ more: String = "") -> String {
        """
        routes:
          - name: contoso
            senders: \(senders)
            limits: \(limits)
            \(more)
            graph: {tenant: contoso.onmicrosoft.com, client_id: c, client_secret: s}
        """
    }

    @Test func withoutAKeyThereIsNoLimitButDomainsAreKnown() throws {
        let route = try configuration(yaml("{}")).routes[0]
        let limits = RouteLimits(route)
        #expect(limits.externalRecipients == nil && route.limits.acceptedDomains == nil)
        #expect(limits.acceptedDomains.domains == ["contoso.com", "contoso.onmicrosoft.com"])
    }

    @Test func whatIsSaidIsMeant() throws {
        let limits = "{external_recipients: 5000/d, accepted_domains: [fabrikam.com, \"*.fabrikam.com\"]}"
        let route = try configuration(yaml(limits)).routes[0]
        #expect(RouteLimits(route).externalRecipients == Rate(5000, per: .seconds(86_400)))
        #expect(RouteLimits(route).acceptedDomains.domains == ["fabrikam.com", "*.fabrikam.com"])
        let one = try configuration(yaml("{accepted_domains: fabrikam.com}")).routes[0]
        #expect(one.acceptedDomains.domains == ["fabrikam.com"])
        let none = try configuration(yaml("{external_recipients: 5/d, accepted_domains: ~}")).routes[0]
        #expect(none.acceptedDomains.domains == ["contoso.com", "contoso.onmicrosoft.com"])
    }

    static let senders: [(String, String, [String])] = [
        (#"["ann@contoso.com", "bob@contoso.com"]"#, "", ["contoso.com", "contoso.onmicrosoft.com"]),
        (#"["*@*.contoso.com"]"#, "", ["*.contoso.com", "contoso.onmicrosoft.com"]),
        (#""*""#, "mailbox: noreply@fabrikam.com", ["fabrikam.com", "contoso.onmicrosoft.com"]),
        (
            #""*""#, #"mailboxes: {"*@x.example": a@contoso.com, "*": b@fabrikam.com}"#,
            ["contoso.com", "fabrikam.com", "contoso.onmicrosoft.com"]
        ),
    ]

    @Test(arguments: senders) func theRoutesOwnDomainsAreTheDefault(senders: String, more: String, domains: [String])
        throws
    {
        let route = try configuration(yaml("{}", senders: senders, more)).routes[0]
        #expect(route.acceptedDomains.domains == domains)
    }

    static let problems: [(String, String)] = [
        ("{external_recipients: 5000}", "external_recipients"), ("{external_recipients: 5MB/d}", "external_recipients"),
        ("{accepted_domains: [a@contoso.com]}", "accepted_domains"), ("{accepted_domains: ['*']}", "accepted_domains"),
        ("{accepted_domain: [contoso.com]}", "did you mean `accepted_domains`?"),
        ("{external_recipients: 5000/d, accepted_domains: []}", "needs accepted_domains"),
    ]

    @Test(arguments: problems) func whatCannotBeMeantIsRefused(limits: String, words: String) {
        #expect {
            try configuration(yaml(limits))
        } throws: { error in
            (error as? ConfigurationError)?.problems.contains { "\($0)".contains(words) } ?? false
        }
    }

    @Test func aRouteForEverybodyMustNameItsDomains() {
        let everybody = """
            routes:
              - name: all
                senders: "*"
                limits: {external_recipients: 5000/d}
                graph: {tenant: 5f2c, client_id: c, client_secret: s}
            """
        #expect {
            try configuration(everybody)
        } throws: { error in
            (error as? ConfigurationError)?.problems.contains { "\($0)".contains("needs accepted_domains") } ?? false
        }
    }
}
