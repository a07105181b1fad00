import MailModel
import Testing

@testable import EmailLog

@Suite struct LanePauseTests {
    static let throttle = LanePause(
        route: "contoso", mailbox: reports, path: .graph, since: noon, until: after(30), reason: "throttled")

    @Test func pausesOutliveTheProcess() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let closed = LanePause(
            route: "contoso", mailbox: nil, path: .smtp, since: after(1), until: after(90), cause: .unauthorized,
            reason: "secret expired")
        for pause in [Self.throttle, closed] { try await log.pause(pause) }
        try await log.close()
        #expect(try await directory.service().pauses() == [closed, Self.throttle])
    }

    @Test func aLaterPauseReplacesTheEarlier() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        try await log.pause(Self.throttle)
        var longer = Self.throttle
        (longer.until, longer.reason) = (after(300), "quota")
        try await log.pause(longer)
        #expect(try await log.pauses() == [longer])
    }

    @Test func resumeEndsOnlyTheOneNamed() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        var smtp = Self.throttle
        smtp.path = .smtp
        for pause in [Self.throttle, smtp] { try await log.pause(pause) }
        try await log.resume(LanePause.Key(route: "contoso", mailbox: nil, path: .graph))
        try await log.resume(LanePause.Key(route: "contoso", mailbox: reports, path: .graph))
        #expect(try await log.pauses() == [smtp])
    }

    /// Rows and their pause were dated a moment apart.
    @Test func endingAPauseMakesItsRowsDue() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let pause = LanePause(
            route: "contoso", mailbox: reports, path: .smtp, since: noon, until: after(60), reason: "full")
        let dates = ["early": after(59), "same": after(60), "late": after(60) + .milliseconds(2), "other": after(61)]
        for (name, date) in dates {
            let id = try await log.accept(submission(name))
            _ = try await log.claim(id, path: .smtp, at: noon)
            try await log.settle(id, .retry(at: date, spent: false), attempt: nil, at: noon)
        }
        try await log.end(pause, at: after(9))
        for (name, date) in dates {
            let row = try await log.row(QueueID(rawValue: name))
            #expect(row?.nextAttemptDate == (name == "other" ? date : after(9)), "\(name)")
        }
    }

    @Test func waitingRowsSayWhatTheyWaitFor() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        for (index, priority) in [Priority.bulk, .normal, .high, .normal].enumerated() {
            _ = try await log.accept(submission("\(index)", at: after(index), priority: priority))
        }
        let elsewhere = try await log.accept(submission("other", mailbox: address("sales@contoso.com")))
        #expect(try await log.postpone(lane, .free, until: after(60), because: "throttled", limit: 3) == 3)
        #expect(try await log.allDue(in: lane, at: after(59)).map(\.id.rawValue) == ["0"], "bulk comes last")
        #expect(try await log.postpone(lane, .free, until: after(60), because: "throttled", limit: 3) == 1)
        #expect(try await log.postpone(lane, .free, until: after(60), because: "throttled", limit: 3) == 0)
        let row = try #require(try await log.row(QueueID(rawValue: "2")))
        #expect(row.nextAttemptDate == after(60) && row.errorText == "throttled" && row.attempts == 0)
        #expect(try await log.row(elsewhere)?.errorText == nil)
    }

    @Test func pauseOfAPathIsToldToThoseWhoWaitForIt() async throws {
        let directory = try TemporaryDirectory()
        let log = try directory.service()
        let free = try await log.accept(submission("0001"))
        let bound = try await log.accept(submission("0002", via: .smtp))
        #expect(try await log.postpone(lane, .smtp, until: after(60), because: "no host", limit: 9) == 1)
        #expect(try await log.postpone(lane, .free, until: after(30), because: "outage", limit: 9) == 1)
        #expect(try await log.row(bound)?.errorText == "no host")
        #expect(try await log.row(free)?.errorText == "outage")
        let expired = try await log.expire(
            lane, .smtp, waitingSince: after(1), because: "given up", at: after(1), limit: 9)
        #expect(expired == [bound])
    }
}
