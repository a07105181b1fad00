import EmailLog
import Foundation
import MailModel
import Testing

@testable import Postern

@Suite struct StoreCheckTests {
    private let directory: TemporaryDirectory
    private let clock = ManualClock()

    init() throws { directory = try TemporaryDirectory() }

    private func examine(_ path: String? = nil) async -> StoreCheck.Findings {
        await StoreCheck(path: path ?? directory.store, clocks: clock.clocks).examine()
    }

    @Test func noStoreYet() async throws {
        let findings = await examine()
        #expect(findings.items.map(\.name) == ["store", "disk"] && findings.items[0].verdict == .ok)
        #expect(!findings.isServed && findings.met.isEmpty)
        #expect(!FileManager.default.fileExists(atPath: directory.store), "looking at it must not create it")
    }

    @Test func noDirectoryForIt() async throws {
        let item = await examine("\(directory.path)/nowhere/postern.sqlite").items[0]
        #expect(item.fault == .configuration && item.text.contains("nowhere") && item.advice?.isEmpty == false)
    }

    @Test func noStoreAtAll() async throws {
        let file = try directory.write("notes.txt", String(repeating: "no database\n", count: 1000))
        #expect(await examine(file).items[0].fault == .configuration)
    }

    @Test func besideAServiceAndWithout() async throws {
        let log = try directory.service()
        let served = await examine()
        #expect(served.isServed && served.items.map(\.verdict) == [.ok, .ok, .ok], "\(served)")
        try await log.close()
        let left = await examine()
        #expect(!left.isServed && left.items.map(\.verdict) == [.ok, .ok, .warning])
        #expect(left.items[2].name == "service" && left.items[2].text.contains("not running"))
        // Nor does looking keep a service from starting.
        try await directory.service().close()
    }

    @Test(arguments: [
        (TrialVerb?.none, "25% of its mail by smtp", CheckItem.Verdict.ok), (.stop, "stopped since", .warning),
    ]) func aTrialSaysHowItStands(_ verb: TrialVerb?, _ words: String, _ verdict: CheckItem.Verdict) async throws {
        let log = try directory.service()
        let yaml = Desk.routes.replacing(
            "  - name: shared",
            with: "    smtp: {host: 127.0.0.1, auth: off}\n    trial: {mode: split, percent: 25}\n  - name: shared")
        let routes = try configuration(yaml).routes
        if let verb { try await verb.apply(to: routes[0], in: log, clocks: clock.clocks) }
        let findings = await StoreCheck(path: directory.store, routes: routes, clocks: clock.clocks).examine()
        let trial = try #require(findings.met.first { $0.name == "trial" })
        #expect(trial.subject == "contoso" && trial.text.contains(words) && trial.verdict == verdict, "\(trial)")
    }

    private func pause(_ cause: Refusal.Cause, mailbox: Address? = ann, until: Timestamp = after(60)) -> LanePause {
        LanePause(
            route: "contoso", mailbox: mailbox, path: .graph, since: noon, until: until, cause: cause, reason: "no luck"
        )
    }

    struct Case: Sendable {
        var cause: Refusal.Cause
        var seconds: Int
        /// `nil`: not worth a line.
        var verdict: CheckItem.Verdict?
        var text = ""
    }

    @Test(arguments: [
        Case(
            cause: .unauthorized, seconds: 60, verdict: .failed(.refused),
            text: "mail waits until 2026-11-21 12:01:00.000 UTC: no luck"),
        Case(
            cause: .misconfigured, seconds: -60, verdict: .failed(.refused),
            text: "not tried again since 2026-11-21 11:59:00.000 UTC: no luck"),
        Case(cause: .misconfigured, seconds: -86401, verdict: nil),
        Case(
            cause: .throttled, seconds: 60, verdict: .warning,
            text: "mail waits until 2026-11-21 12:01:00.000 UTC: no luck"),
        Case(cause: .throttled, seconds: -1, verdict: nil),
        Case(
            cause: .unavailable, seconds: 60, verdict: .warning,
            text: "mail waits until 2026-11-21 12:01:00.000 UTC: no luck"),
    ])
    func pausesOnRecord(_ item: Case) async throws {
        let log = try directory.service()
        try await log.pause(pause(item.cause, until: after(item.seconds)))
        try await log.close()
        let pauses = await examine().met
        #expect(pauses.map(\.verdict) == [item.verdict].compactMap(\.self))
        #expect(pauses.allSatisfy { $0.name == "pause" && $0.text == item.text }, "\(pauses)")
        #expect(pauses.allSatisfy { $0.subject == "contoso ann@contoso.com graph" })
    }

    @Test func openAlerts() async throws {
        let log = try directory.service()
        let alert = OpenAlert(name: "failures", openedDate: noon, peak: 27, toldCount: 27, toldDate: noon)
        try await log.remember(alert, at: noon)
        try await log.close()
        let item = try #require(await examine().met.first)
        #expect(item.name == "alert" && item.subject == "failures" && item.fault == .other)
        #expect(item.text == "open since 2026-11-21 12:00:00.000 UTC, at most 27 so far")
    }

    @Test func manyPausesAreSummedUp() async throws {
        let log = try directory.service()
        for mailbox in addresses(13) { try await log.pause(pause(.throttled, mailbox: mailbox)) }
        try await log.close()
        let pauses = await examine().met
        #expect(pauses.count == 11 && pauses.last?.text == "3 more mailboxes or routes wait")
    }
}
