import DeliveryPolicy
import EmailLog
import MailModel
import Testing

@testable import Postern

@Suite struct TrialVerbTests {
    private static func configured(_ trials: [String: String]) throws -> Configuration {
        let routes = trials.sorted { $0.key < $1.key }.map { name, trial in
            """
              - name: \(name)
                senders: ["*@\(name).com"]
                primary: smtp
                graph: {tenant: t, client_id: c, client_secret: s}
                smtp: {host: 127.0.0.1, auth: off}
                trial: \(trial)
            """
        }
        return try configuration("routes:\n" + routes.joined(separator: "\n"))
    }

    private static let one = ["a": "{mode: split, percent: 5}", "b": "~"]
    private static let two = ["a": "{mode: split, percent: 5}", "b": "{mode: shadow}"]

    static let choices: [([String: String], String?, String)] = [
        (one, nil, "a"), (one, "a", "a"), (two, "b", "b"), (one, "b", "route b has no `trial` section"),
        (one, "c", "there is no route c in the configuration"),
        (["a": "~"], nil, "no route has a trial: add a `trial` section to one, and reload or start the service"),
        (two, nil, "several routes have trials: choose one with --route (a, b)"),
    ]

    @Test(arguments: choices)
    func findsTheRouteThatIsMeant(_ trials: [String: String], _ name: String?, _ expected: String) throws {
        let configuration = try Self.configured(trials)
        var found = ""
        do { found = try TrialVerb.route(name, in: configuration).name } catch { found = error.description }
        #expect(found == expected)
    }

    @Test func worksWithoutAServiceAndBeforeTheFirst() async throws {
        let directory = try TemporaryDirectory()
        try await directory.service().close()
        let tool = try EmailLog.open(path: directory.store, role: .tool)
        let route = try TrialVerb.route(nil, in: Self.configured(Self.one))
        let clock = ManualClock()
        for (verb, state, share) in [
            (TrialVerb.percent(.all), TrialStanding.State.running, TrialShare.all), (.stop, .stopped, .none),
            (.stop, .stopped, .none), (.start, .running, .all),
        ] {
            clock.advance(.seconds(9))
            try await verb.apply(to: route, in: tool, clocks: clock.clocks)
            let trial = try #require(try await [route].trials(in: tool, at: clock.now).first)
            #expect(trial.standing.state == state && trial.share == share)
        }
        try await tool.close()
    }

    /// The service is down, so that the file is what it will read.
    @Test func aChangedSectionStartsAnewAlsoForACommand() async throws {
        let directory = try TemporaryDirectory()
        try await directory.service().close()
        let tool = try EmailLog.open(path: directory.store, role: .tool)
        let clock = ManualClock()
        try await TrialVerb.stop.apply(
            to: TrialVerb.route(nil, in: Self.configured(Self.one)), in: tool, clocks: clock.clocks)
        let other = try TrialVerb.route(nil, in: Self.configured(["a": "{mode: split, percent: 7}"]))
        let trial = try #require(try await [other].trials(in: tool, at: clock.now).first)
        #expect(trial.standing.state == .running && trial.share == TrialShare("7"))
        try await tool.close()
    }
}
