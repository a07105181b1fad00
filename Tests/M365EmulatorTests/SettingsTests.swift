import Testing

@testable import M365Emulator

struct SettingsTests {
    @Test func anEmptyFileGivesThePublishedLimits() throws {
        let configuration = try EmulatorConfiguration(json: Array("{}".utf8))
        #expect(configuration == EmulatorConfiguration())
        #expect(configuration.limits.concurrency == 4)
        #expect(configuration.limits.requests == 10_000)
        #expect(configuration.limits.uploadBytes == 150_000_000)
        #expect(configuration.limits.messagesPerMinute == 30)
        #expect(configuration.limits.smtpSubmissions == 3)
    }

    @Test func changesWhatIsNamedAndKeepsTheRest() throws {
        let text = #"""
            {"limits": {"concurrency": 2}, "graph": {"retryAfter": "date", "latency": 0.5},
             "smtp": {"recipientRefusals": [{"recipient": "bad@example.com"}]},
             "tenants": [{"id": "t", "domains": ["x.com"], "mailboxPatterns": ["*@x.com"],
                          "apps": [{"clientID": "c", "secrets": [{"value": "s", "expires": "2026-01-01"}]}]}]}
            """#
        let configuration = try EmulatorConfiguration(json: Array(text.utf8))
        #expect(configuration.limits.concurrency == 2)
        #expect(configuration.limits.requests == 10_000)
        #expect(configuration.graph.retryAfter == .date)
        #expect(configuration.graph.sentItemsDelay == GraphSettings().sentItemsDelay)
        #expect(configuration.smtp.recipientRefusals.first?.reply == RecipientRefusal().reply)
        let tenant = try #require(configuration.tenants.first)
        #expect(configuration.tenants.count == 1)
        #expect(tenant.apps.first?.graphRoles == App().graphRoles)
        #expect(tenant.apps.first?.secrets == [App.Secret(value: "s", expires: "2026-01-01")])
        #expect(tenant.basicAuthentication)
    }

    static let mistakes: [(text: String, says: String)] = [
        (#"{"limit": {}}"#, "unknown key limit; known here: clock, graph, limits,"),
        (#"{"limits": {"concurency": 3}}"#, "unknown key limits.concurency; known here: concurrency,"),
        (#"{"limits": 3}"#, "limits must be a JSON object"),
        (#"{"tenants": [{"apps": [{"secret": "x"}]}]}"#, "unknown key tenants[0].apps[0].secret"),
        (#"{"graph": {"retryAfter": "soon"}}"#, "graph.retryAfter"),
        (#"{"limits": {"concurrency": "four"}}"#, "limits.concurrency"),
        (#"[]"#, "the configuration must be a JSON object"),
    ]

    @Test(arguments: mistakes) func namesWhatIsWrong(text: String, says: String) {
        do {
            _ = try EmulatorConfiguration(json: Array(text.utf8))
            Issue.record("\(text) was taken")
        } catch {
            #expect("\(error)".contains(says), "\(error)")
        }
    }

    @Test func aChangeToAMailboxTouchesOnlyWhatItNames() throws {
        var mailbox = Mailbox()
        mailbox.address = "a@contoso.com"
        mailbox.password = "p"
        let changed = try mailbox.changed(by: ["full": true])
        #expect(changed.full)
        #expect(changed.password == "p")
        #expect(changed.address == "a@contoso.com")
    }
}
