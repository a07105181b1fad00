import MailModel
import Testing

@testable import GraphProtocol

/// What Exchange has made of a draft, beside what was handed in.
@Suite struct DraftFidelityTests {
    private static let shown = #"""
        {"id":"AAMk1","isDraft":true,"subject":"Figures of  May","internetMessageId":"<1@contoso.com>",
         "from":{"emailAddress":{"name":"Reports","address":"reports@contoso.com"}},
         "toRecipients":[{"emailAddress":{"address":"Ann@Example.org"}},{"emailAddress":{"address":"bob@example.org"}}],
         "ccRecipients":[],"bccRecipients":[{"emailAddress":{"address":"eve@example.org"}}],
         "internetMessageHeaders":[{"name":"X-Custom","value":"1"},{"name":"List-Id","value":"l"}],
         "body":{"contentType":"html","content":"<p>"},
         "attachments":[{"name":"a.pdf","size":1200},{"name":"b.pdf","size":40}]}
        """#

    private static func address(_ text: String) -> Address { try! Address(parsing: text) }

    private static func expectation(_ change: (inout DraftExpectation) -> Void = { _ in }) -> DraftExpectation {
        var expectation = DraftExpectation()
        expectation.subject = "Figures of May"
        expectation.to = [address("bob@example.org"), address("ann@example.org")]
        expectation.bcc = [address("eve@example.org")]
        expectation.messageID = "<1@contoso.com>"
        expectation.isHTML = true
        expectation.headers = ["x-custom", "List-ID"]
        expectation.attachments = [.init(name: "a.pdf", size: 1000), .init(name: "b.pdf", size: 30)]
        change(&expectation)
        return expectation
    }

    private static func facts(_ json: String = shown) throws -> DraftFacts {
        try #require(DraftFacts(.success(answer(200, json))))
    }

    @Test func whatArrivedAsItWasIsNoDifference() throws {
        #expect(Self.expectation().differences(in: try Self.facts()).isEmpty)
    }

    private static let changes: [(@Sendable (inout DraftExpectation) -> Void, String)] = [
        ({ $0.subject = "Figures of June" }, "draft.subject"), ({ $0.subject = nil }, "draft.subject"),
        ({ $0.to = [address("ann@example.org")] }, "draft.recipients"),
        ({ $0.cc = [address("ann@example.org")] }, "draft.recipients"),
        ({ $0.bcc = [] }, "draft.recipients"), ({ $0.messageID = "<2@contoso.com>" }, "draft.message-id"),
        ({ $0.isHTML = false }, "draft.body"), ({ $0.headers = ["X-Other"] }, "draft.header.x-other"),
        ({ $0.attachments = [] }, "draft.attachments"),
        ({ $0.attachments = [.init(name: "a.pdf", size: 2000), .init(name: "b.pdf", size: 1)] }, "draft.attachments"),
    ]

    @Test(arguments: changes.indices) func eachDifferenceIsNamed(_ index: Int) throws {
        let (change, kind) = Self.changes[index]
        let differences = Self.expectation(change).differences(in: try Self.facts())
        #expect(differences.map(\.kind) == [kind])
        #expect(differences.allSatisfy { !$0.words.isEmpty })
    }

    /// What the answer does not show is not compared.
    @Test func onlyWhatIsShownIsCompared() throws {
        let facts = try Self.facts(#"{"id":"AAMk1","toRecipients":[]}"#)
        let expectation = Self.expectation { ($0.to, $0.bcc) = ([], [Self.address("eve@example.org")]) }
        #expect(expectation.differences(in: facts).isEmpty)
        #expect(facts.headers == nil && facts.attachments == nil && facts.bcc == nil && facts.isHTML == nil)
    }

    @Test(arguments: [
        answer(404, #"{"error":{"code":"ErrorItemNotFound"}}"#), answer(200, "<html>"), answer(200, "{}"), answer(204),
    ])
    func anAnswerWithoutAMessageTellsNothing(_ response: WireResponse) {
        #expect(DraftFacts(.success(response)) == nil)
    }

    @Test func noAnswerTellsNothing() { #expect(DraftFacts(noReply()) == nil) }
}
