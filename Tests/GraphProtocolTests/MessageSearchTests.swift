import MailModel
import Testing

@testable import GraphProtocol

@Suite struct MessageSearchTests {
    private static func found(_ id: String, draft: Bool, _ markers: String...) -> String {
        let headers = (["other"] + markers).enumerated().map { index, value in
            #"{"name":"\#(index == 0 ? "X-Other" : "X-POSTERN-ID")","value":"\#(value)"}"#
        }
        return #"{"id":"\#(id)","isDraft":\#(draft),"internetMessageHeaders":[\#(headers.joined(separator: ","))]}"#
    }

    private static func bare(_ id: String, draft: Bool) -> String { #"{"id":"\#(id)","isDraft":\#(draft)}"# }

    private static let findings:
        [(messages: [String], loosely: MessageSearch.Finding, strictly: MessageSearch.Finding)] = [
            ([], .absent, .absent),
            ([found("a", draft: false, "q1")], .sent, .sent),
            ([found("a", draft: false, " q1 ")], .sent, .sent),
            ([found("a", draft: true, "q1")], .draft(id: "a"), .draft(id: "a")),
            ([found("a", draft: true, "q1"), found("b", draft: false, "q1")], .sent, .sent),
            ([found("a", draft: false, "q1-2")], .absent, .absent),
            ([found("a", draft: true, "q2")], .absent, .absent),
            ([found("a", draft: false, "Q1")], .absent, .absent),
            ([bare("a", draft: false)], .sent, .unclear),
            ([bare("a", draft: true)], .unclear, .unclear),
            ([bare("a", draft: false), found("b", draft: true, "q1")], .sent, .draft(id: "b")),
            ([bare("a", draft: true), found("b", draft: true, "q1")], .draft(id: "b"), .draft(id: "b")),
            ([found("a", draft: false)], .sent, .unclear),
        ]

    @Test(arguments: findings.indices) func finding(_ index: Int) {
        let row = Self.findings[index]
        let reply = Reply.success(answer(200, #"{"value":[\#(row.messages.joined(separator: ","))]}"#))
        for (needsMarker, expected) in [(false, row.loosely), (true, row.strictly)] {
            let search = MessageSearch(messageID: "<1@contoso.com>", marker: "q1", needsMarker: needsMarker)
            #expect(search.finding(in: reply, now: rfcMoment) == expected, "\(row.messages)")
        }
    }

    private let search = MessageSearch(messageID: "<1@contoso.com>", marker: "q1")

    /// One page does not tell what stands on the next.
    @Test func whatIsNotOnThisPageIsNotAbsent() {
        let others = Self.found("a", draft: false, "q9")
        let reply = Reply.success(answer(200, #"{"value":[\#(others)],"@odata.nextLink":"https://graph/next"}"#))
        #expect(search.finding(in: reply, now: rfcMoment) == .unclear)
    }

    @Test func whatCannotBeReadIsNotAbsent() {
        for body in [#"{"value":[{"id":"a"}]}"#, #"{"value":{}}"#, "{}", "[]", ""] {
            guard case .failed = search.finding(in: .success(answer(200, body)), now: rfcMoment) else {
                Issue.record("\(body) was taken for an answer")
                continue
            }
        }
    }

    @Test func draftsAreOnlyItsOwn() throws {
        let messages = [
            Self.found("a", draft: true, "q1"), Self.found("b", draft: true, "q2"), Self.found("c", draft: false, "q1"),
            Self.bare("d", draft: true), Self.found("e", draft: true, "q1"),
        ]
        let reply = Reply.success(answer(200, #"{"value":[\#(messages.joined(separator: ","))]}"#))
        #expect(try search.drafts(in: reply, now: rfcMoment).get() == ["a", "e"])
    }
}
