import DeliveryPolicy
import MailModel
import Testing

@testable import Postern

/// What `postern trial plan` gives to start from is a configuration.
@Suite struct StartingConfigurationTests {
    private static func plan(_ senders: [String], size: Int64 = 1000) -> VolumePlan {
        VolumePlan(
            senders.enumerated().map { number, sender in
                LoggedMessage(
                    date: Timestamp(secondsSince1970: 1_790_000_000 + Int64(number)), sender: sender, recipients: 1,
                    size: size)
            })
    }

    private static func load(_ plan: VolumePlan) throws -> Postern.Configuration {
        let (configuration, warnings) = try ConfigurationDecoder.decode(
            StartingConfiguration(for: plan).yaml, file: "plan.yaml",
            secrets: SecretSources(environment: ["POSTERN_CLIENT_SECRET": "secret"]), hostname: "relay.test")
        #expect(warnings.isEmpty, "\(warnings)")
        return configuration
    }

    @Test func smtpDeliversAndNothingGoesByGraph() throws {
        let configuration = try Self.load(Self.plan(["reports@contoso.com", "ann@fabrikam.com", "b@contoso.com"]))
        let route = try #require(configuration.routes.first)
        #expect(configuration.routes.count == 1 && route.name == "contoso" && route.primary == .smtp)
        #expect(route.senders.map(\.description) == ["*@contoso.com", "*@fabrikam.com"])
        #expect(route.graph?.tenant == "contoso.com" && route.smtp?.authentication == .xoauth2)
        #expect(route.fallback?.on == [])
    }

    @Test(arguments: [
        [], [""], ["root"], ["a@[192.0.2.1]"], ["x@xn--bcher-kva.example"], ["a@true.com"], ["a@1and1.com"],
        ["jörg@bücher.example"], (0..<60).map { "user\($0)@contoso.com" }, (0..<30).map { "a@domain\($0).com" },
    ])
    func isAConfigurationForAllSenders(_ senders: [String]) throws {
        let route = try #require(try Self.load(Self.plan(senders)).routes.first)
        for sender in senders.compactMap({ try? Address(parsing: $0) }) {
            #expect(route.senders.contains { $0.matches(sender) }, "\(sender)")
        }
    }

    @Test(arguments: [(1000, 35_000_000), (34_999_999, 35_000_000), (60_000_000, 67_000_000)] as [(Int64, Int)])
    func theLargestMessageIsTaken(_ size: Int64, _ limit: Int) throws {
        let configuration = try Self.load(Self.plan(["reports@contoso.com"], size: size))
        #expect(configuration.listeners.map { Int($0.maxMessageSize) } == [limit])
    }
}
