import EmailLog
import MailModel
import Testing

@testable import Postern

@Suite struct AlertDecoderTests {
    private func problems(_ alerts: String) -> [String] {
        do {
            _ = try AlertBench.settings(alerts)
            return []
        } catch let error as ConfigurationError {
            return error.problems.map(\.description)
        } catch {
            return ["\(error)"]
        }
    }

    @Test func everythingCanBeSaid() throws {
        let alerts = try AlertBench.settings(
            """
            alerts:
              - name: failures
                when: failed >= 5 in 10m
                webhook: {url: https://hooks.test/very-secret, format: teams}
                email: ops@contoso.com
                command: [/usr/local/bin/page, --loud]
              - {name: quiet, when: token_error}
            """
        ).alerts
        let full = try #require(alerts.first)
        #expect(full.condition == .count(.failed, atLeast: 5, within: .seconds(600)))
        #expect(full.webhook?.url.reveal() == "https://hooks.test/very-secret" && full.webhook?.format == .teams)
        #expect(full.email == address("ops@contoso.com") && full.command == ["/usr/local/bin/page", "--loud"])
        #expect(full.channels == [.webhook, .email, .command])
        #expect(alerts.count == 2 && alerts[1].channels.isEmpty)
    }

    @Test func withoutTheKeyTheDefaultsAreInForce() throws {
        let alerts = try AlertBench.settings("").alerts
        #expect(
            alerts.map { "\($0.name): \($0.condition)" } == [
                "failed: failed >= 1 in 15m", "set_aside: set_aside >= 1 in 1h", "queue_age: queue_age > 15m",
                "token_error: token_error", "trial_rollback: trial_rollback",
                "secret_expires: secret_expires < 7d",
            ])
        #expect(alerts.flatMap(\.channels).isEmpty)
        #expect(try AlertBench.settings("alerts: []").alerts.isEmpty)
    }

    private static let form =
        "a condition such as `failed >= 5 in 10m` (or deferred, throttled, fell_back, unknown, set_aside), "
        + "`queue_age > 15m`, `token_error`, `trial_rollback`, `quota > 80%` or `secret_expires < 30d`"

    @Test(arguments: [
        ("{name: a, when: failed > many}", "alerts[0].when: expected \(form), found `failed > many`"),
        ("{name: a}", "alerts[0].when: is missing; write \(form)"),
        ("{when: token_error}", "alerts[0].name: is missing"),
        ("{name: a, when: token_error, email: ops}", "alerts[0].email: expected an address, found `ops`"),
        (
            "{name: a, when: token_error, command: []}",
            "alerts[0].command: names no program; write [/usr/local/bin/page, an argument]"
        ),
        ("{name: a, when: token_error, webhook: {}}", "alerts[0].webhook.url: is missing"),
        (
            "{name: a, when: token_error, webhook: {url: very-secret}}",
            "alerts[0].webhook.url: expected an address such as https://host/path"
        ),
        (
            "{name: a, when: token_error, webhook: {url: https://x, format: xml}}",
            "alerts[0].webhook.format: expected one of teams, slack, json, found `xml`"
        ),
        ("{name: a, when: token_error, hook: x}", "alerts[0].hook: unknown key"),
    ])
    func saysWhatIsWrong(_ alert: String, _ problem: String) {
        #expect(problems("alerts:\n  - \(alert)") == ["postern.yaml:6: \(problem)"])
    }

    @Test func aNameStandsOnce() {
        let twice = "alerts: [{name: a, when: token_error}, {name: a, when: token_error}]"
        #expect(problems(twice) == ["postern.yaml:5: alerts: the name `a` stands twice"])
    }

    @Test func theWebhooksAddressIsASecret() throws {
        let settings = try AlertBench.settings(
            "alerts: [{name: a, when: token_error, webhook: {url: https://hooks.test/very-secret}}]")
        #expect(!String(reflecting: settings).contains("very-secret"))
        #expect(!String(reflecting: settings.effective).contains("very-secret"))
        #expect(String(reflecting: settings.effective).contains("****"))
        #expect(
            !problems("alerts: [{name: a, when: token_error, webhook: {url: very-secret}}]").joined().contains("very"))
    }

    @Test(arguments: [
        ("2027-01-31", "2027-01-31 00:00:00"), ("\"2027-01-31T10:30:00Z\"", "2027-01-31 10:30:00"),
    ])
    func aSecretsEndIsADate(_ text: String, _ date: String) throws {
        let routes = AlertBench.routes.replacing("client_secret: s", with: "client_secret: s, secret_expires: \(text)")
        let settings = try AlertBench.settings("", routes: routes)
        #expect(settings.routes[0].graph?.secretExpires == Timestamp(date))
        #expect(settings.secretExpiries == [SecretExpiry(route: "contoso", date: try #require(Timestamp(date)))])
    }

    @Test(arguments: ["soon", "2027-02-30", "31.01.2027"]) func whatIsNoDateIsRefused(_ text: String) {
        let routes = AlertBench.routes.replacing("client_secret: s", with: "client_secret: s, secret_expires: \(text)")
        #expect(throws: ConfigurationError.self) { try AlertBench.settings("", routes: routes) }
    }
}
