// One row of the table that says what an answer to sendMail means, and how the fitting row is found.

import MailModel

struct GraphRule: Sendable {
    enum Verdict: Hashable, Sendable {
        case accepted
        /// Nothing was submitted; may be repeated.
        case deferred
        case rejected
        /// May have been submitted.
        case unknown
        /// `unknown` once the whole body was handed over, `deferred` before.
        case unknownOnceSent
        /// The token was refused; nothing was submitted.
        case unauthenticated
    }

    let statuses: ClosedRange<Int>
    /// In lower case; empty in rows for statuses. A `*` at the end stands for any ending.
    let codes: [String]
    /// Part of the message, in lower case.
    let text: String?
    let verdict: Verdict
    let scope: Refusal.Scope
    let cause: Refusal.Cause
    let advice: String?

    /// A row for codes, at any status that is no success unless `statuses` says which.
    init(
        _ codes: [String], at statuses: ClosedRange<Int> = 300...599, text: String? = nil, _ verdict: Verdict,
        _ scope: Refusal.Scope, _ cause: Refusal.Cause, advice: String? = nil
    ) {
        self.statuses = statuses
        self.codes = codes.map { $0.lowercased() }
        self.text = text
        self.verdict = verdict
        self.scope = scope
        self.cause = cause
        self.advice = advice
    }

    /// A row for statuses, whatever the code.
    init(
        _ statuses: ClosedRange<Int>, _ verdict: Verdict, _ scope: Refusal.Scope, _ cause: Refusal.Cause,
        advice: String? = nil
    ) {
        self.init([], at: statuses, verdict, scope, cause, advice: advice)
    }

    init(
        _ status: Int, _ verdict: Verdict, _ scope: Refusal.Scope, _ cause: Refusal.Cause, advice: String? = nil
    ) {
        self.init(status...status, verdict, scope, cause, advice: advice)
    }

    /// The row for an answer: by the codes of the error, from outside in, else by the status alone.
    static func first(for status: Int, _ error: GraphError) -> GraphRule {
        let message = error.message.lowercased()
        for code in [error.code].compactMap({ $0 }) + error.innerCodes {
            let rule = byCode.first { $0.fits(status, code.lowercased(), message) }
            if let rule { return rule }
        }
        let rows = error.code == nil ? withoutCode : byStatus
        return rows.first { $0.statuses.contains(status) } ?? anythingElse
    }

    private func fits(_ status: Int, _ code: String, _ message: String) -> Bool {
        statuses.contains(status) && (text.map { message.contains($0) } ?? true)
            && codes.contains { $0.last == "*" ? code.hasPrefix($0.dropLast()) : code == $0 }
    }
}
