import DeliveryPolicy
import MailModel
import Postern
import Testing

@testable import PosternCommands

@Suite struct PlanReportTests {
    private static func messages(
        _ count: Int, from sender: String = "reports@contoso.com", to recipients: Int = 1, size: Int64? = 3000,
        every seconds: Int64 = 0, isUnrepresentable: Bool? = nil
    ) -> [LoggedMessage] {
        (0..<count).map {
            LoggedMessage(
                date: Timestamp(secondsSince1970: 1_790_000_000 + Int64($0) * seconds), sender: sender,
                recipients: recipients, size: size, isUnrepresentable: isUnrepresentable)
        }
    }

    private static func report(_ messages: [LoggedMessage], limit: Int = 20) -> PlanReport {
        let contents = MailLogSource.Contents(
            format: .postfix, messages: messages, lines: 1000)
        return PlanReport(contents: contents, plan: VolumePlan(messages), limit: limit)
    }

    private static let everything =
        messages(100) + messages(3, from: "ann@contoso.com", to: 600)
        + messages(2, from: "b@contoso.com", size: 4_000_000)
        + messages(21, from: "news@contoso.com", to: 500, every: 60) + messages(1, from: "") + messages(2, from: "root")
        + messages(1, from: "c@contoso.com", size: nil, isUnrepresentable: true)

    @Test func theTableHasALineForEachSender() {
        let lines = Self.report(Self.everything).lines()
        #expect(
            lines.prefix(8) == [
                "130 messages to 12406 recipients from 5 senders",
                "2026-09-21 14:13 to 2026-09-21 14:33, 1000 lines of Postfix", "",
                "MESSAGES  /MIN  RCPT/DAY  >500  LARGE     WAIT  SENDER",
                "      21     1     10500     0      0  23h 41m  news@contoso.com",
                "     100   100       100     0      0       3m  reports@contoso.com",
                "       3     3      1800     3      0        -  ann@contoso.com",
                "       2     2         2     0      2        -  b@contoso.com",
            ])
    }

    @Test(arguments: [60, 80, 100, .max]) func linesFit(_ width: Int) {
        let text = Self.report(Self.everything).lines(width: width)
        let prose = text.prefix { !$0.hasPrefix("To start from") }
        #expect(prose.allSatisfy { $0.count <= min(width, 100) }, "\(prose.filter { $0.count > width })")
    }

    @Test func whatStandsOutIsSaid() throws {
        let findings = Self.report(Self.everything).findings.all
        for words in [
            "One sender has more than 30 messages in a minute, reports@contoso.com up to 100",
            "One sender has more than 10000 recipients in 24 hours, news@contoso.com up to 10500",
            "3 messages with more than 500 recipients", "2 messages above 2200KB, the largest of 4000000 bytes",
            "1 message whose headers name others",
            "1 message with the null sender (bounces), and 2 messages from `root`",
            "Mail.Send for the mailboxes of all 5 senders",
        ] {
            #expect(findings.count { $0.contains(words) } == 1, "\(words): \(findings)")
        }
        #expect(findings.count == 7)
    }

    @Test func whereNothingStandsOutThatIsSaid() {
        let findings = Self.report(Self.messages(5)).findings
        #expect(findings.all.count == 2 && findings.all[0].hasPrefix("No sender has more than 30 messages"))
        #expect(findings.all[1].contains("Mail.Send for the mailbox reports@contoso.com"))
    }

    @Test func whatALogCannotTellIsSaid() {
        let mailLog = Self.report(Self.messages(5)).findings.unknowns
        #expect(mailLog.contains { $0.hasPrefix("Whom the headers name.") })
        let withHeaders = Self.report(Self.messages(5, size: nil, isUnrepresentable: false)).findings.unknowns
        #expect(!withHeaders.contains { $0.hasPrefix("Whom the headers name.") })
        #expect(withHeaders.contains("The size of 5 messages, counted as small."))
    }

    @Test func moreSendersThanAskedForAreCounted() {
        let messages = (0..<30).flatMap { Self.messages(1, from: "user\($0)@contoso.com") }
        let lines = Self.report(messages, limit: 3).lines()
        #expect(lines[7] == "… and 27 more; --limit or --json")
    }

    @Test func theDocumentHasItAll() throws {
        guard case .object(let members) = Self.report(Self.everything).json else { return #expect(Bool(false)) }
        let values = Dictionary(members.map { ($0.key, $0.value) }) { first, _ in first }
        #expect(values["messages"] == .integer(130) && values["recipients"] == .integer(12_406))
        #expect(values["split"] == .integer(3) && values["oversize"] == .integer(2))
        #expect(values["since"] == .string("2026-09-21 14:13:20.000"))
        #expect(values["unusable_senders"] == .object([.init("", .integer(1)), .init("root", .integer(2))]))
        guard case .array(let senders) = values["senders"] else { return #expect(Bool(false)) }
        #expect(senders.count == 5)
        #expect(Self.report(Self.messages(1)).json.written().contains(#""unrepresentable": null"#))
    }

    @Test(
        arguments: [
            (0, "-"), (400, "<1s"), (48_000, "48s"), (60_000, "1m"), (3_900_000, "1h 5m"), (183_600_000, "2d 3h"),
        ] as [(Int64, String)])
    func waits(_ milliseconds: Int64, _ text: String) { #expect(Duration.milliseconds(milliseconds).rough == text) }

    @Test func paragraphsBreakAtBlanks() {
        #expect(Paragraph.lines("one two three", width: 9, first: "- ", indent: "  ") == ["- one two", "  three"])
        #expect(Paragraph.lines("unbreakable", width: 4) == ["unbreakable"])
        #expect(Paragraph.lines("", width: 4, first: "- ") == ["- "])
    }
}
