import MailModel
import Testing

@Suite struct SenderPatternTests {
    static let matches: [(pattern: String, sender: String?, expected: Bool)] = [
        ("reports@contoso.com", "reports@contoso.com", true),
        ("reports@contoso.com", "REPORTS@Contoso.com", true),
        ("reports@contoso.com", "other@contoso.com", false),
        ("*@contoso.com", "anyone@contoso.com", true),
        ("*@CONTOSO.com", "anyone@contoso.com", true),
        ("*@contoso.com", "anyone@sub.contoso.com", false),
        ("*@contoso.com", "anyone@notcontoso.com", false),
        ("*@*.contoso.com", "anyone@sub.contoso.com", true),
        ("*@*.contoso.com", "anyone@a.b.contoso.com", true),
        ("*@*.contoso.com", "anyone@contoso.com", false),
        ("*@*.contoso.com", "anyone@evilcontoso.com", false),
        ("*", "anyone@anywhere.example", true),
        ("*", nil, true),
        ("*@contoso.com", nil, false),
        ("reports@contoso.com", nil, false),
    ]

    @Test(arguments: matches) func matching(_ row: (pattern: String, sender: String?, expected: Bool)) throws {
        let pattern = try #require(SenderPattern(row.pattern))
        let sender = try row.sender.map { try Address(parsing: $0) }
        #expect(pattern.matches(sender) == row.expected)
    }

    @Test(arguments: [
        "", "contoso.com", "@contoso.com", "re*@contoso.com", "*@", "*@*.", "**", "*@con*so.com", "a@b@c",
    ])
    func refuses(_ text: String) { #expect(SenderPattern(text) == nil) }

    @Test func theMostSpecificFirst() throws {
        let texts = ["a@x.contoso.com", "*@x.contoso.com", "*@*.x.contoso.com", "*@*.contoso.com", "*"]
        let patterns = try texts.map { try #require(SenderPattern($0)) }
        #expect(patterns.shuffled().sorted { $0.specificity > $1.specificity } == patterns)
        #expect(patterns.map(\.description) == texts)
    }

    @Test(arguments: [
        ("reports@contoso.com", "*@contoso.com"), ("*@contoso.com", "*@contoso.com"),
        ("*@*.contoso.com", "*@*.contoso.com"), ("*", nil),
    ])
    func everybodyOfItsDomain(_ text: String, _ domain: String?) throws {
        #expect(try #require(SenderPattern(text)).wholeDomain?.description == domain)
    }
}
