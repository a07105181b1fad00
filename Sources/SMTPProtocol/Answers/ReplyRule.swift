// One row of the table that says what a refusal means, and how the fitting row is found.

import MailModel

struct ReplyRule: Sendable {
    enum Verdict: Hashable, Sendable {
        /// Nothing was taken; may be repeated.
        case deferred
        case rejected
        /// The credentials were refused; a new token may help.
        case unauthenticated
    }

    /// Enhanced status codes that differ in their last number at most (RFC 3463 §2).
    struct Statuses: Hashable, Sendable {
        let `class`: Int
        let subject: Int
        let details: ClosedRange<Int>

        init(_ class: Int, _ subject: Int, _ details: ClosedRange<Int>) {
            self.class = `class`
            self.subject = subject
            self.details = details
        }

        init(_ class: Int, _ subject: Int, _ detail: Int) { self.init(`class`, subject, detail...detail) }

        func contains(_ status: EnhancedStatusCode) -> Bool {
            status.class == `class` && status.subject == subject && details.contains(status.detail)
        }
    }

    /// Reply codes.
    let codes: ClosedRange<Int>
    /// One of these; empty: whatever it is, or none.
    let statuses: [Statuses]
    /// One of these is part of the text; in lower case; empty: whatever it says.
    let words: [String]
    let phases: Set<ClientPhase>
    let verdict: Verdict
    /// `message` becomes `recipient` in an answer to RCPT.
    let scope: Refusal.Scope
    let cause: Refusal.Cause
    let advice: String?

    init(
        _ statuses: [Statuses] = [], codes: ClosedRange<Int> = 400...599, words: [String] = [],
        at phases: Set<ClientPhase> = Set(ClientPhase.allCases), _ verdict: Verdict, _ scope: Refusal.Scope,
        _ cause: Refusal.Cause, advice: String? = nil
    ) {
        self.codes = codes
        self.statuses = statuses
        self.words = words
        self.phases = phases
        self.verdict = verdict
        self.scope = scope
        self.cause = cause
        self.advice = advice
    }

    /// The whole table, read from top to bottom: the first fitting row decides.
    static let all = exchange + standard

    /// For a code that refuses nothing, and yet came as a refusal.
    private static let nonsense = ReplyRule(codes: 0...999, .deferred, .route, .unavailable)

    static func first(for said: SaidRefusal, at phase: ClientPhase) -> ReplyRule {
        all.first { $0.phases.contains(phase) && $0.fits(said) } ?? nonsense
    }

    func fits(_ said: SaidRefusal) -> Bool {
        codes.contains(said.code) && (statuses.isEmpty || said.status.map(isListed) == true)
            && (words.isEmpty || words.contains { said.folded.contains($0) })
    }

    private func isListed(_ status: EnhancedStatusCode) -> Bool { statuses.contains { $0.contains(status) } }
}

/// A refusal as the rows look at it: a server's reply, or what a log remembers of one.
struct SaidRefusal: Hashable, Sendable {
    /// In characters; Exchange's diagnostics run to several thousand.
    private static let limit = 1000

    let code: Int
    let status: EnhancedStatusCode?
    /// One line.
    let text: String
    fileprivate let folded: String

    /// A status code that does not fit the reply code is taken from the text.
    init(_ reply: Reply) {
        self.init(reply.code, reply.status, reply.text)
    }

    /// `nil` where no reply led to the refusal.
    init?(_ refusal: Refusal) {
        guard let code = refusal.status else { return nil }
        self.init(code, refusal.code.flatMap { EnhancedStatusCode($0) }, refusal.text)
    }

    private init(_ code: Int, _ status: EnhancedStatusCode?, _ text: String) {
        self.code = code
        self.text = Self.clean(text)
        self.status = status ?? EnhancedStatusCode(self.text.prefix { $0 != " " })
        folded = self.text.lowercased()
    }

    /// Fit for logs and rows: blanks and control characters become single blanks, and what is too long is cut.
    static func clean(_ text: String) -> String {
        let words = text.unicodeScalars.prefix(16 * limit)
            .split { $0.value <= 0x20 || 0x7F...0x9F ~= $0.value }
            .map { String(Substring($0)) }
        return String(words.joined(separator: " ").prefix(limit))
    }
}
