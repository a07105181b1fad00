import MailModel
import Testing

@testable import EmailLog

/// What is told of shadows.
@Suite struct ShadowRecordTests {
    private let directory: TemporaryDirectory
    private let log: EmailLog

    init() throws {
        directory = try TemporaryDirectory()
        log = try directory.service()
    }

    private func run(_ id: String, at date: Timestamp = noon, _ result: ShadowResult) async throws {
        try await log.shadowed(id, at: date)
        let claimed = try #require(try await log.claimNextShadow(as: .draft, at: date))
        try await log.end(claimed, result, at: date + .seconds(2))
    }

    private func found(_ remarks: ShadowRemark..., state: ShadowState = .done) -> ShadowResult {
        var result = ShadowResult(state)
        result.remarks = remarks
        return result
    }

    private let removed = ShadowRemark(kind: "header.Auto-Submitted", words: "Exchange \"removes\" it.")
    private let replaced = ShadowRemark(kind: "header.Return-Path", words: "Exchange replaces it.")

    @Test func findingsAreCountedByKind() async throws {
        try await run("a1", at: noon - .seconds(60), found(replaced))
        try await run("a2", found(removed))
        try await run("a3", found(removed, replaced))
        try await run("a4", found())
        let findings = try await log.shadowFindings(route: "contoso", since: noon)
        #expect(findings.map(\.kind) == ["header.Auto-Submitted", "header.Return-Path"])
        #expect(findings.map(\.count) == [2, 1])
        #expect(findings.map(\.example.rawValue) == ["a3", "a3"])
        #expect(findings.map(\.words) == [removed.words, replaced.words])
        #expect(try await log.shadowFindings(route: "contoso", since: noon - .seconds(60)).map(\.count) == [2, 2])
        #expect(try await log.shadowFindings(route: "fabrikam", since: noon).isEmpty)
    }

    @Test func outcomesAreCountedByStateFormAndCode() async throws {
        try await run("b1", found())
        try await run("b2", found())
        try await run("b3", ShadowResult(.failed, code: "ErrorAccessDenied", text: "no"))
        try await log.shadowed("b4")
        let outcomes = try await log.shadowOutcomes(route: "contoso", since: noon)
        #expect(outcomes.map(\.state) == [.done, .failed, .waiting])
        #expect(outcomes.map(\.count) == [2, 1, 1])
        #expect(outcomes.map(\.code) == [nil, "ErrorAccessDenied", nil])
        #expect(outcomes.map(\.form) == [.draft, .draft, nil])
        #expect(outcomes.map(\.example.rawValue) == ["b2", "b3", "b4"])
        #expect(outcomes[1].words == "no")
    }

    @Test func latenciesComeInOrder() async throws {
        for (id, latency) in [("c1", 90), ("c2", 20), ("c3", nil)] {
            var result = found()
            result.latency = latency.map { .milliseconds($0) }
            try await run(id, result)
        }
        #expect(
            try await log.shadowLatencies(route: "contoso", since: noon) == [.milliseconds(20), .milliseconds(90)])
    }

    @Test func aMessageHasItsShadowsRecord() async throws {
        var result = found(removed)
        (result.httpStatus, result.errorCode, result.errorText, result.requestID) = (403, "Code", "text", "r-1")
        (result.requestForm, result.requestSize, result.latency) = ("mime_request", 44, .milliseconds(7))
        try await run("d1", result)
        let record = try #require(try await log.shadow(of: QueueID(rawValue: "d1")))
        #expect(record.state == .done && record.form == .draft)
        #expect(record.remarks == [removed])
        #expect(record.httpStatus == 403 && record.errorCode == "Code" && record.errorText == "text")
        #expect(record.requestID == "r-1" && record.requestForm == "mime_request" && record.requestSize == 44)
        #expect(record.latency == .milliseconds(7) && record.finishedDate == after(2))
        #expect(try await log.shadow(of: QueueID(rawValue: "none")) == nil)
    }
}

extension EmailLog {
    /// Accepts a message that has a shadow.
    @discardableResult
    func shadowed(
        _ id: String? = nil, at date: Timestamp = noon, to recipients: [[String]] = [["ann@fabrikam.com"]],
        route: String = "contoso", body: Submission.Body = .bytes(Array("Hello\r\n".utf8))
    ) async throws -> QueueID {
        var submission = submission(id, at: date, to: recipients, route: route, body: body)
        submission.trial = "shadow"
        return try await accept(submission)
    }

    func claimNextShadow(
        as form: ShadowForm = .draft, route: String = "contoso", at now: Timestamp = noon
    ) async throws -> ClaimedShadow? {
        guard let next = try await waitingShadows(route: route, at: now, limit: 1).first else { return nil }
        return try await claimShadow(next.number, as: form, at: now)
    }
}
