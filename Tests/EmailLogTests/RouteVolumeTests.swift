import MailModel
import Testing

@testable import EmailLog

@Suite struct RouteVolumeTests {
    private static func volume(_ log: EmailLog, since: Timestamp = noon) async throws -> [VolumeRow] {
        try await log.volume(route: "contoso", since: since, into: []) { $0.append($1) }
    }

    @Test func isInOrderOfMailboxAndTime() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let other = address("a@contoso.com")
        _ = try await log.accept(submission(at: after(9)))
        _ = try await log.accept(submission(at: after(3), to: [["a@fabrikam.com", "b@fabrikam.com"]]))
        _ = try await log.accept(submission(at: after(5), mailbox: other))
        _ = try await log.accept(submission(at: after(1), route: "elsewhere"))
        _ = try await log.accept(submission(at: noon - .seconds(1)))
        _ = try await log.cancel(.ids([try await log.accept(submission(at: after(4)))]))
        let rows = try await Self.volume(log)
        #expect(
            rows == [
                VolumeRow(mailbox: "a@contoso.com", date: after(5), recipients: 1, size: 7),
                VolumeRow(mailbox: "reports@contoso.com", date: after(3), recipients: 2, size: 7),
                VolumeRow(mailbox: "reports@contoso.com", date: after(9), recipients: 1, size: 7),
            ])
        #expect(try await Self.volume(log, since: after(9)).count == 1)
    }

    @Test func theMeanIsOfOneRouteAndPath() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        #expect(try await log.meanAttemptTime(route: "contoso", path: .graph, since: noon) == nil)
        for (path, span) in [(Path.graph, 100), (.graph, 300), (.smtp, 9000)] {
            let id = try await log.accept(submission())
            _ = try await log.claim(id, path: path, at: noon)
            try await log.settle(
                id, .sent(keepBody: false), attempt: attempt(accepted, took: .milliseconds(span), path: path), at: noon)
        }
        #expect(try await log.meanAttemptTime(route: "contoso", path: .graph, since: noon) == .milliseconds(200))
        #expect(try await log.meanAttemptTime(route: "contoso", path: .smtp, since: noon) == .milliseconds(9000))
        #expect(try await log.meanAttemptTime(route: "contoso", path: .graph, since: after(60)) == nil)
        #expect(try await log.meanAttemptTime(route: "elsewhere", path: .graph, since: noon) == nil)
    }
}
