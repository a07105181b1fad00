import DeliveryPolicy
import EmailLog
import MailModel
import Testing

@testable import Postern

/// Which arm a message is put in when it is accepted.
@Suite(.timeLimit(.minutes(5))) struct TrialReceptionTests {
    private static func split(_ percent: Double, _ filter: TrialFilter = TrialFilter()) -> RunningTrial {
        trial(.split, percent, filter)
    }

    private static func trial(
        _ mode: TrialSettings.Mode, _ percent: Double, _ filter: TrialFilter = TrialFilter()
    ) -> RunningTrial {
        let share = TrialShare(percent: percent) ?? .none
        return RunningTrial(mode: mode, assignment: TrialAssignment(share: share, filter: filter))
    }

    private static let message = mail("From: ann@contoso.com", "To: bob@example.org", "Subject: x", "", "Hello")

    /// - Returns: the ids, each as it was told.
    private static func accept(_ count: Int, at desk: Desk) async throws -> [QueueID] {
        try await withThrowingTaskGroup(of: [QueueID].self) { group in
            for start in stride(from: 0, to: count, by: 100) {
                let size = min(100, count - start)
                group.addTask {
                    var ids: [QueueID] = []
                    for _ in 0..<size {
                        ids.append(try #require(try await desk.submit(message)?.queueID))
                    }
                    return ids
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    private static func arms(at desk: Desk) async throws -> [QueueID: String?] {
        let rows = try await desk.log.rows(LogFilter(limit: 100_000))
        return Dictionary(rows.map { ($0.id, $0.trial) }) { first, _ in first }
    }

    /// Within the interval that holds in all but one of about thirty thousand draws.
    private static func isBinomial(_ count: Int, of total: Int, _ share: Double) -> Bool {
        let deviation = (Double(total) * share * (1 - share)).squareRoot()
        return abs(Double(count) - Double(total) * share) <= 4.2 * deviation + 0.5
    }

    /// 10,000 messages by 100 clients at once, the share changed in the middle: each part has its own share, nothing is lost,
    /// and a restart finds every message in the arm it was put in.
    @Test func theShareOfTenThousandIsWithinItsBinomialInterval() async throws {
        let desk = try Desk()
        desk.trials.show(["contoso": Self.split(5)])
        let first = try await Self.accept(5000, at: desk)
        desk.trials.show(["contoso": Self.split(25)])
        let second = try await Self.accept(5000, at: desk)
        let arms = try await Self.arms(at: desk)
        #expect(Set(arms.keys) == Set(first + second) && arms.count == 10_000)
        for (ids, percent) in [(first, 5.0), (second, 25.0)] {
            let assignment = TrialAssignment(share: TrialShare(percent: percent) ?? .none)
            let count = ids.count { arms[$0] == "trial" }
            #expect(Self.isBinomial(count, of: ids.count, percent / 100), "\(percent) %: \(count)")
            #expect(
                ids.allSatisfy { id in
                    let message = TrialCandidate(id: id, sender: nil, recipients: [])
                    return arms[id] == .some(assignment.arm(of: message)?.rawValue)
                }, "and who computes it again finds the same")
        }
        try await desk.log.close()
        let again = try EmailLog.open(path: desk.log.path, role: .service)
        let rows = try await again.rows(LogFilter(limit: 100_000))
        #expect(rows.allSatisfy { arms[$0.id] == .some($0.trial) } && rows.count == 10_000)
        try await again.close()
    }

    static let words: [(RunningTrial?, String?)] = [
        (nil, nil), (split(100), "trial"), (split(0), "control"), (trial(.shadow, 100), "shadow"),
        (trial(.shadow, 0), nil),
        (split(100, TrialFilter(senders: [SenderPattern("eve@contoso.com")].compactMap(\.self))), nil),
        (split(100, TrialFilter(recipients: [RecipientDomain("example.org")].compactMap(\.self))), "trial"),
        (split(100, TrialFilter(priorities: [.bulk])), nil),
    ]

    @Test(arguments: words) func theArmStandsInTheRow(_ trial: RunningTrial?, _ word: String?) async throws {
        let desk = try Desk()
        desk.trials.show(trial.map { ["contoso": $0] } ?? [:])
        _ = try await desk.submit(Self.message)
        #expect(try await desk.onlyRow()?.trial == word)
    }

    @Test func otherRoutesAreNotAsked() async throws {
        let desk = try Desk()
        desk.trials.show(["shared": Self.split(100)])
        _ = try await desk.submit(Self.message)
        #expect(try await desk.onlyRow()?.trial == nil)
    }

    @Test func thePartsOfAMessageShareItsArm() async throws {
        let desk = try Desk()
        desk.trials.show(["contoso": Self.split(50)])
        for _ in 0..<8 {
            let envelope = Envelope(sender: Desk.sender, recipients: addresses(7))
            _ = try await desk.submit(Self.message, envelope)
        }
        let arms = try await Self.arms(at: desk)
        #expect(arms.count == 24)
        for (id, arm) in arms { #expect(arm == arms[QueueID(rawValue: String(id.rawValue.prefix { $0 != "-" }))]) }
    }

    /// There is nothing to choose for it, so it would compare nothing.
    @Test func whatCanTakeOnePathOnlyIsInNoArm() async throws {
        let desk = try Desk(
            """
            routes:
              - name: contoso
                senders: ["*@contoso.com"]
                primary: graph
                graph: {tenant: t, client_id: c, client_secret: s, large: smtp, mime_limit: 1KB}
                smtp: {host: 127.0.0.1, auth: off}
            """)
        desk.trials.show(["contoso": Self.split(100)])
        _ = try await desk.submit(Self.message + Array(repeating: UInt8(ascii: "x"), count: 2000))
        let row = try #require(try await desk.onlyRow())
        #expect(row.via == .smtp && row.trial == nil)
    }
}
