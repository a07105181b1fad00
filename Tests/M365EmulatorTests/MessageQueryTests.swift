import MailModel
import Testing

@testable import M365Emulator

struct MessageQueryTests {
    private static func bench() -> Bench {
        var bench = Bench()
        for number in 1...3 {
            _ = bench.sendMIME(Bench.message(extra: "X-Mark: \(number)\r\n", id: "<it's-\(number)@contoso.com>"))
        }
        _ = bench.graph("POST", "/\(Bench.mailbox)/messages", Bench.draft(["internetMessageId": "<draft@contoso.com>"]))
        return bench
    }

    static let filters: [(filter: String, folder: String, count: Int)] = [
        ("", "messages", 4),
        ("internetMessageId eq '<it''s-2@contoso.com>'", "messages", 1),
        ("internetMessageId eq '<it''s-2@contoso.com>'", "mailFolders/sentitems/messages", 1),
        ("internetMessageId eq '<it''s-2@contoso.com>'", "mailFolders/Drafts/messages", 0),
        ("internetMessageId eq '<IT''S-2@contoso.com>'", "messages", 0),
        ("isDraft eq true", "messages", 1),
        ("isDraft eq false and subject eq 'Report'", "messages", 3),
        ("internetMessageId eq '<draft@contoso.com>' and isDraft eq false", "messages", 0),
        ("subject eq 'a and b'", "messages", 0),
    ]

    @Test(arguments: filters) func finds(filter: String, folder: String, count: Int) {
        var bench = Self.bench()
        let query = filter.isEmpty ? "" : "?$filter=" + PercentEncoding.encode(filter)
        let answer = bench.graph("GET", "/\(Bench.mailbox)/\(folder)\(query)")
        #expect(answer.status == 200)
        #expect(answer.json["value"].array?.count == count)
    }

    @Test(arguments: [
        "receivedDateTime ge 2026-01-01", "internetMessageId ne 'x'", "internetMessageId eq x", "isDraft eq 1",
    ])
    func refusesWhatItDoesNotKnow(filter: String) {
        var bench = Self.bench()
        let answer = bench.graph("GET", "/\(Bench.mailbox)/messages?$filter=" + PercentEncoding.encode(filter))
        #expect(answer.status == 400)
    }

    @Test func selectsAndLimits() throws {
        var bench = Self.bench()
        let answer = bench.graph(
            "GET", "/\(Bench.mailbox)/mailFolders/sentitems/messages?$top=2&$select=isDraft,internetMessageHeaders")
        let found = try #require(answer.json["value"].array)
        #expect(found.count == 2)
        #expect(Set(try #require(found[0].object).keys) == ["id", "isDraft", "internetMessageHeaders"])
        #expect(found[0]["internetMessageHeaders"].array?.contains(["name": "X-Mark", "value": "3"]) == true)
    }

    @Test func showsEachMailboxItsOwn() {
        var bench = Self.bench()
        #expect(bench.graph("GET", "/other@contoso.com/messages").json["value"] == [])
        #expect(bench.graph("GET", "/\(Bench.mailbox)/mailFolders/nowhere/messages").status == 404)
        #expect(bench.graph("GET", "/\(Bench.mailbox)/messages/nothing").code == "ErrorItemNotFound")
    }
}
