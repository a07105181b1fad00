import MailModel
import Testing

@testable import EmailLog

@Suite struct AlertMemoryTests {
    private let directory: TemporaryDirectory
    private let log: EmailLog

    init() throws {
        directory = try TemporaryDirectory()
        log = try directory.service()
    }

    private func open(_ name: String, peak: Int = 27, calm: Timestamp? = nil) -> OpenAlert {
        OpenAlert(name: name, openedDate: noon, peak: peak, toldCount: 5, toldDate: after(3), calmDate: calm)
    }

    private func told(_ moment: Timestamp = after(9)) async throws -> [String] {
        try await log.dueNotifications(at: moment).map { "\($0.alert) \($0.channel.rawValue) \($0.event)" }
    }

    @Test func whatIsOpenIsRememberedAcrossARestart() async throws {
        try await log.remember(open("b"), at: noon)
        try await log.remember(open("a", calm: after(4)), at: noon)
        try await log.remember(open("b", peak: 30), at: after(5))
        try await log.close()
        let next = try directory.service()
        #expect(try await next.openAlerts() == [open("a", calm: after(4)), open("b", peak: 30)])
        try await next.forgetAlert("a", telling: "{}", by: [], at: after(9))
        #expect(try await next.openAlerts().map(\.name) == ["b"])
    }

    @Test func aClosingNeverOvertakesItsOpening() async throws {
        try await log.remember(open("a"), telling: #"{"n":1}"#, by: [.webhook, .command], at: noon)
        try await log.forgetAlert("a", telling: #"{"n":2}"#, by: [.webhook, .command], at: after(1))
        #expect(try await told() == [#"a webhook {"n":1}"#, #"a command {"n":1}"#])
        let first = try await log.dueNotifications(at: after(9))
        try await log.removeNotification(first[0].id)
        try await log.postponeNotification(first[1].id, until: after(60))
        #expect(try await told() == [#"a webhook {"n":2}"#], "the command's wait is its own")
        #expect(try await told(after(60)) == [#"a command {"n":1}"#, #"a webhook {"n":2}"#])
        let again = try #require(try await log.dueNotifications(at: after(60)).first)
        #expect(again.attempts == 1 && again.createdDate == noon)
    }

    @Test func withoutAChannelThereIsNothingToTell() async throws {
        try await log.remember(open("a"), telling: "{}", by: [], at: noon)
        #expect(try await told().isEmpty)
    }

    @Test func alertsThatAreNoLongerThereAreForgottenWithAllTheyHadToTell() async throws {
        try await log.remember(open("a"), telling: #"{"n":1}"#, by: [.email], at: noon)
        try await log.remember(open("b"), telling: #"{"n":2}"#, by: [.email], at: noon)
        try await log.forgetAlert("c", telling: #"{"n":3}"#, by: [.email], at: noon)
        #expect(try await log.forgetAlerts(besides: ["b"]) == ["a"])
        #expect(try await log.openAlerts().map(\.name) == ["b"])
        #expect(try await told() == [#"b email {"n":2}"#])
        #expect(try await log.forgetAlerts(besides: ["b"]) == [])
    }
}
