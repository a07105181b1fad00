import DeliveryPolicy
import EmailLog
import Foundation
import HTTPTransport
import Logging
import MailModel
import NIOConcurrencyHelpers
import ServiceLifecycle
import Testing

@testable import Postern

/// Alerts from the log to a receiver: opened once, updated, closed once, across failures and restarts.
@Suite(.timeLimit(.minutes(5))) struct AlertServiceTests {
    // MARK: Opening and closing

    @Test func anIncidentIsOneOpeningWithTheRightCountAndOneClosing() async throws {
        try await ScriptedMicrosoft.serve { receiver in
            let bench = try AlertBench(AlertBench.posting(to: receiver))
            try await bench.fail(4)
            await bench.turns(for: 60)
            #expect(receiver.posted.isEmpty)
            try await bench.fail(9)
            await bench.turn()
            bench.clock.advance(.seconds(1))
            let ids = try await bench.fail(14)
            await bench.turns(for: 300)
            #expect(receiver.postedWords == ["failures opened 27"])
            let event = try #require(receiver.posted.first)
            #expect(event.condition == "failed >= 5 in 10m" && event.hostname == "relay.test")
            #expect(event.since == after(60).description && event.text == "27 messages failed within 10m")
            #expect(event.samples.count == 5)
            #expect(Set(event.samples.map(\.id)).isSubset(of: ids.map(\.rawValue)))
            #expect(event.samples.allSatisfy { $0.status == "F" && $0.error == "550: no such user" })
            await bench.turns(for: 1200)
            #expect(receiver.postedWords == ["failures opened 27", "failures closed 27"])
            #expect(receiver.posted.last?.text.hasPrefix("Over after 10m; at its height, 27 messages") == true)
            #expect(
                bench.said.filter { !$0.contains("told") }
                    == ["error alert opened failures", "notice alert closed failures"])
        }
    }

    @Test func aQuotaThatIsNearlyUsedUp() async throws {
        try await ScriptedMicrosoft.serve { receiver in
            let bench = try AlertBench(AlertBench.posting(to: receiver, when: "quota > 80%"))
            func use(_ used: Int64, _ mailbox: Address?) -> QuotaUse {
                let rate = Rate(100, per: .seconds(86_400))
                return QuotaUse(route: "contoso", mailbox: mailbox, LimitUse(.recipients, used: used, of: rate))
            }
            bench.quotas.withLockedValue { $0 = [use(80, ann), use(10, bob)] }
            await bench.turns(for: 60)
            #expect(receiver.posted.isEmpty)
            bench.quotas.withLockedValue { $0 = [use(91, ann), use(85, bob), use(10, nil)] }
            await bench.turns(for: 600)
            #expect(receiver.postedWords == ["failures opened 91"])
            let event = try #require(receiver.posted.first)
            #expect(event.text == "A quota is used to 91%" && event.condition == "quota > 80%")
            #expect(event.samples.map(\.id) == ["contoso ann@contoso.com", "contoso bob@contoso.com"])
            #expect(event.samples.first?.error == "91 of 100/d `recipients_per_mailbox` used")
            bench.quotas.withLockedValue { $0 = [use(80, ann)] }
            await bench.turns(for: 600)
            #expect(receiver.postedWords == ["failures opened 91", "failures closed 91"])
        }
    }

    @Test func whatGrowsIsToldAgainButNotAtEveryLook() async throws {
        try await ScriptedMicrosoft.serve { receiver in
            let bench = try AlertBench(AlertBench.posting(to: receiver, when: "failed >= 1 in 1h"))
            for _ in 0..<100 {
                try await bench.fail(1)
                await bench.turn(after: 5)
            }
            #expect(receiver.postedWords == ["failures opened 7", "failures updated 67"])
        }
    }

    @Test func withoutAKeyTheDefaultsSpeakInTheLogAlone() async throws {
        let bench = try AlertBench()
        try await bench.fail(1)
        await bench.turns(for: 10)
        #expect(bench.said == ["error alert opened failed"])
        #expect(bench.recorder.lines.last?.metadata["reason"]?.description == "1 message failed within 15m")
        _ = try await bench.log.accept(waiting("old", at: bench.clock.now))
        await bench.turns(for: 900)
        #expect(bench.said.last == "notice alert closed failed")
        await bench.turn(after: 1)
        #expect(bench.said.last == "error alert opened queue_age")
        #expect(bench.recorder.lines.last?.metadata["reason"]?.description == "The oldest message has waited for 15m")
        _ = try await bench.log.cancel(.ids([QueueID(rawValue: "old")]))
        await bench.turn(after: 5)
        #expect(bench.said.last == "notice alert closed queue_age")
    }

    // MARK: Other conditions

    @Test(arguments: [Refusal.Cause.unauthorized, .misconfigured]) func aPauseForAnOperatorAlerts(
        _ cause: Refusal.Cause
    ) async throws {
        try await ScriptedMicrosoft.serve { receiver in
            let bench = try AlertBench(AlertBench.posting(to: receiver, when: "token_error"))
            func pause(_ cause: Refusal.Cause, _ mailbox: Address?) async throws {
                try await bench.log.pause(
                    LanePause(
                        route: "contoso", mailbox: mailbox, path: .graph, since: bench.clock.now,
                        until: bench.clock.now + .seconds(60),
                        cause: cause, reason: "make a new secret"))
            }
            try await pause(.throttled, ann)
            await bench.turn()
            #expect(receiver.posted.isEmpty, "a throttle is no operator's fault")
            try await pause(cause, nil)
            await bench.turn(after: 5)
            #expect(receiver.postedWords == ["failures opened 1"])
            #expect(receiver.posted.first?.samples.map(\.line) == ["contoso  \(cause.rawValue)  make a new secret"])
            // A restart takes it off the record and tries at once; soon it is there again.
            try await bench.log.resume(.init(route: "contoso", mailbox: nil, path: .graph))
            await bench.turns(for: 30)
            try await pause(cause, nil)
            await bench.turns(for: 60)
            #expect(receiver.posted.count == 1)
            try await bench.log.resume(.init(route: "contoso", mailbox: nil, path: .graph))
            await bench.turns(for: 70)
            #expect(receiver.postedWords == ["failures opened 1", "failures closed 1"])
        }
    }

    @Test func aRollbackAlertsUntilSomebodyActs() async throws {
        let trial = "trial: {mode: split, percent: 5}"
        let routes = AlertBench.routes + "\n    smtp: {host: 127.0.0.1, auth: off}\n    \(trial)"
        let bench = try AlertBench(routes: routes)
        func keep(_ state: String, route: String = "contoso") async throws {
            let revision = try await bench.log.trials().first { $0.route == route }?.revision ?? 0
            let now = bench.clock.now
            #expect(
                try await bench.log.keep(
                    TrialRecord(
                        route: route, state: state, since: now, startedDate: now, lookedDate: now,
                        reason: "failed > 2% of 50", section: "", revision: revision)))
        }
        try await keep("running")
        try await keep("rolled_back", route: "no longer tried")
        await bench.turn()
        #expect(bench.said.isEmpty)
        try await keep("rolled_back")
        await bench.turns(for: 600)
        #expect(bench.said == ["error alert opened trial_rollback"])
        try await keep("running")
        await bench.turn(after: 5)
        #expect(bench.said.last == "notice alert closed trial_rollback" && bench.said.count == 2)
    }

    /// Where no mail waits, nothing probes, and nothing takes the pause off the record.
    @Test func aPauseThatHasLongRunOutAlertsNoMore() async throws {
        let bench = try AlertBench()
        try await bench.log.pause(
            LanePause(
                route: "contoso", mailbox: nil, path: .graph, since: noon, until: after(60), cause: .unauthorized,
                reason: "no"))
        await bench.turn()
        #expect(bench.said == ["error alert opened token_error"])
        await bench.turn(after: 86400)
        await bench.turns(for: 100)
        #expect(bench.said == ["error alert opened token_error"])
        await bench.turns(for: 60)
        #expect(bench.said.last == "notice alert closed token_error")
    }

    @Test func aSecretNearItsEndAlertsAndWarns() async throws {
        let routes = AlertBench.routes.replacing(
            "client_secret: s", with: "client_secret: s, secret_expires: 2026-11-30")
        let bench = try AlertBench()
        await bench.service.reload(try AlertBench.settings("", routes: routes))
        await bench.turn()
        let warned = bench.recorder.lines.filter { $0.sentence == "credential expires" }
        #expect(warned.map(\.level) == [.warning])
        let reason = warned.first?.metadata["reason"]?.description
        #expect(
            reason == "the credential of route contoso expires on 2026-11-30, in 8 days; "
                + "make a new one, then change `secret_expires`")
        #expect(bench.said.isEmpty)
        await bench.turn(after: 2 * 86400)
        #expect(bench.said == ["error alert opened secret_expires"])
        #expect(bench.recorder.sentences.count { $0 == "credential expires" } == 2)
        let renewed = routes.replacing("2026-11-30", with: "2028-11-30")
        await bench.service.reload(try AlertBench.settings("", routes: renewed))
        await bench.turn(after: 5)
        #expect(bench.said.last == "notice alert closed secret_expires")
    }

    // MARK: Receivers in trouble

    @Test func aReceiverThatFailsTwiceHearsItInTheEndAndInOrder() async throws {
        let answers: ScriptedMicrosoft.Script = { _, number in .status(number <= 2 ? 500 : 200) }
        try await ScriptedMicrosoft.serve(answers) { receiver in
            let bench = try AlertBench(AlertBench.posting(to: receiver, when: "failed >= 1 in 5s"))
            try await bench.fail(3)
            await bench.turn()
            await bench.turn(after: 5)
            #expect(receiver.mailCalls.count == 1)
            #expect(bench.said.last == "warning alert not told failures")
            await bench.turn(after: 1)
            #expect(receiver.mailCalls.count == 1, "not before its time")
            // Meanwhile it is over; the closing waits for its turn.
            await bench.turns(for: 60)
            #expect(receiver.postedWords == ["opened", "opened", "opened", "closed"].map { "failures \($0) 3" })
            #expect(try await bench.log.dueNotifications(at: after(1_000_000)).isEmpty)
        }
    }

    @Test func afterADayItIsGivenUp() async throws {
        let refusing: ScriptedMicrosoft.Script = { _, _ in .status(404) }
        try await ScriptedMicrosoft.serve(refusing) { receiver in
            let bench = try AlertBench(AlertBench.posting(to: receiver, when: "failed >= 1 in 2d"))
            try await bench.fail(1)
            await bench.turns(for: 5)
            for _ in 0..<200 { await bench.turn(after: 600) }
            #expect(bench.said.last == "error alert given up failures")
            #expect((50...200).contains(receiver.mailCalls.count), "\(receiver.mailCalls.count)")
            #expect(try await bench.log.dueNotifications(at: after(1_000_000)).isEmpty)
        }
    }

    /// Each is told by itself: what is slow delays neither the others nor the next look.
    @Test func aReceiverThatHangsDelaysNothing() async throws {
        let (asked, released) = (Signal(), Signal())
        let script: ScriptedMicrosoft.Script = { call, _ in
            if call.path == "/slow" {
                asked.raise()
                await released.wait()
            }
            return .status(200)
        }
        try await ScriptedMicrosoft.serve(script) { receiver in
            let bench = try AlertBench(
                """
                alerts:
                  - {name: slow, when: failed >= 1 in 5s, webhook: {url: "\(receiver.endpoint)/slow"}}
                  - {name: quick, when: failed >= 1 in 5s, webhook: {url: "\(receiver.endpoint)/quick"}}
                """)
            try await bench.fail(1)
            await bench.turn()
            bench.clock.advance(.seconds(5))
            let due = await bench.service.turn()
            let slow = try #require(due.first { $0.alert == "slow" })
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await bench.service.tell(slow) }
                await asked.wait()
                for quick in due where quick.alert == "quick" { await bench.service.tell(quick) }
                await bench.turns(for: 30)
                #expect(receiver.mailCalls.filter { $0.path == "/quick" }.count == 2, "opened and closed")
                #expect(receiver.mailCalls.filter { $0.path == "/slow" }.count == 1, "not told twice at once")
                released.raise()
                try await group.waitForAll()
            }
            await bench.turn(after: 5)
            #expect(receiver.mailCalls.filter { $0.path == "/slow" }.count == 2)
        }
    }

    @Test func aStoreInTroubleIsSaidOnce() async throws {
        let bench = try AlertBench()
        try await bench.log.close()
        for _ in 0..<3 { await bench.turn(after: 5) }
        #expect(bench.said == ["error alerts rest, the store failed "])
    }

    // MARK: Restart and reload

    @Test func aRestartInTheMiddleNeitherOpensAgainNorForgetsTheClosing() async throws {
        try await ScriptedMicrosoft.serve { receiver in
            let alerts = AlertBench.posting(to: receiver)
            let first = try AlertBench(alerts)
            try await first.fail(6)
            await first.turns(for: 10)
            #expect(receiver.postedWords == ["failures opened 6"])
            let second = try await first.restarted(alerts)
            await second.turns(for: 60)
            #expect(receiver.postedWords == ["failures opened 6"])
            let third = try await second.restarted(alerts)
            await third.turns(for: 1200)
            #expect(receiver.postedWords == ["failures opened 6", "failures closed 6"])
            let fourth = try await third.restarted(alerts)
            await fourth.turns(for: 60)
            #expect(receiver.postedWords.count == 2)
        }
    }

    @Test func whatWasNotToldBeforeARestartIsToldAfterIt() async throws {
        let isUp = NIOLockedValueBox(false)
        let script: ScriptedMicrosoft.Script = { _, _ in .status(isUp.withLockedValue { $0 } ? 200 : 503) }
        try await ScriptedMicrosoft.serve(script) { receiver in
            let alerts = AlertBench.posting(to: receiver, when: "failed >= 1 in 5s")
            let first = try AlertBench(alerts)
            try await first.fail(2)
            await first.turns(for: 20)
            let before = receiver.mailCalls.count
            isUp.withLockedValue { $0 = true }
            let second = try await first.restarted(alerts)
            await second.turns(for: 60)
            #expect(receiver.postedWords.dropFirst(before) == ["failures opened 2", "failures closed 2"])
        }
    }

    @Test func aReloadChangesAlertsAndKeepsWhatIsOpen() async throws {
        try await ScriptedMicrosoft.serve { receiver in
            let bench = try AlertBench(AlertBench.posting(to: receiver))
            try await bench.fail(6)
            await bench.turns(for: 10)
            // The same name with another condition: still open.
            await bench.service.reload(
                try AlertBench.settings(AlertBench.posting(to: receiver, when: "failed >= 2 in 1m")))
            await bench.turns(for: 30)
            #expect(receiver.postedWords == ["failures opened 6"])
            await bench.turns(for: 60)
            #expect(receiver.postedWords == ["failures opened 6", "failures closed 6"])
            try await bench.fail(6)
            await bench.turns(for: 10)
            await bench.service.reload(try AlertBench.settings("alerts: []"))
            await bench.turn(after: 5)
            #expect(bench.said.last == "notice alert is no longer configured failures")
            #expect(try await bench.log.openAlerts().isEmpty)
        }
    }

    // MARK: The other channels

    @Test func aCommandHearsIt() async throws {
        let directory = try TemporaryDirectory()
        let script =
            #"echo "$POSTERN_ALERT_NAME $POSTERN_ALERT_STATE $POSTERN_ALERT_COUNT: $POSTERN_ALERT_TEXT" >> "$0"; cat >> "$0""#
        let bench = try AlertBench(
            """
            alerts:
              - name: pager
                when: failed >= 1 in 5s
                command: [/bin/sh, -c, '\(script)', '\(directory.path)/out']
            """)
        try await bench.fail(2)
        await bench.turn()
        await bench.turn(after: 5)
        let text = try String(contentsOfFile: "\(directory.path)/out", encoding: .utf8)
        #expect(text.hasPrefix("pager opened 2: 2 messages failed within 5s\n2 messages failed within 5s.\n"))
        #expect(text.contains("Condition: failed >= 1 in 5s\n") && text.contains("F  550: no such user\n"))
        await bench.turns(for: 10)
        #expect(try String(contentsOfFile: "\(directory.path)/out", encoding: .utf8).contains("pager closed 2: Over"))
    }

    @Test func mailGoesThroughTheQueueAndIsCountedByNoAlert() async throws {
        let bench = try AlertBench(
            "alerts: [{name: failures, when: failed >= 1 in 1h, email: ops@contoso.com}]")
        try await bench.fail(2)
        await bench.turn()
        await bench.turn(after: 5)
        let rows = try await bench.log.rows(LogFilter(statuses: [.queued]))
        let row = try #require(rows.first)
        #expect(rows.count == 1 && row.client == "alert" && row.priority == .high)
        #expect(row.sender == "ops@contoso.com" && row.recipients == ["ops@contoso.com"])
        #expect(row.subject == "Postern relay.test: alert failures opened")
        #expect(bench.woken.withLockedValue { $0 } == [LaneKey(route: "contoso", mailbox: address("ops@contoso.com"))])
        // It fails, and stays without consequence.
        try await bench.fail(9, client: EmailLog.alertClient)
        await bench.turns(for: 600)
        #expect(bench.said.filter { $0.contains("updated") }.isEmpty)
    }

    // MARK: As a service

    @Test func itLooksByItselfAndStopsInOrder() async throws {
        try await ScriptedMicrosoft.serve { receiver in
            let bench = try AlertBench()
            try await bench.log.pause(
                LanePause(
                    route: "contoso", mailbox: nil, path: .graph, since: noon, until: after(60), cause: .unauthorized,
                    reason: "no"))
            let service = AlertService(
                log: bench.log,
                configuration: try AlertBench.settings(AlertBench.posting(to: receiver, when: "token_error")),
                transport: HTTPTransport(), clocks: bench.clock.clocks, interval: .milliseconds(10), logger: silence,
                wake: { _, _ in })
            let group = ServiceGroup(configuration: .init(services: [.init(service: service)], logger: silence))
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                for await _ in receiver.arrivals { break }
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
            }
            #expect(receiver.postedWords == ["failures opened 1"])
            #expect(try await bench.log.dueNotifications(at: after(60)).isEmpty, "what was being told was seen through")
        }
    }
}
