import MailModel

/// Failures that belong together, as they are collected.
struct BurstCluster: Sendable {
    let key: BurstKey
    private(set) var lastDate: Timestamp
    private var start: Timestamp
    private var attempts: Set<AttemptIdentity> = []
    private var statuses: [QueueID: Status] = [:]
    private var spans: [Address: [AttemptSpan]] = [:]
    private var answers: [AnswerKey: FailureBurst.Answer] = [:]
    private var unknown = 0

    init(_ key: BurstKey, first attempt: TroubledAttempt) {
        self.key = key
        (start, lastDate) = (attempt.startedDate, attempt.finishedDate)
        add(attempt)
    }

    mutating func add(_ attempt: TroubledAttempt) {
        statuses[attempt.id] = attempt.messageStatus
        guard attempts.insert(AttemptIdentity(attempt)).inserted else { return }
        start = min(start, attempt.startedDate)
        lastDate = max(lastDate, attempt.finishedDate)
        spans[attempt.lane.mailbox, default: []].append(AttemptSpan(attempt))
        let key = AnswerKey(status: attempt.status, code: attempt.code)
        answers[key, default: FailureBurst.Answer(status: key.status, code: key.code, text: attempt.text, attempts: 0)]
            .attempts += 1
        if attempt.trouble == .unknown { unknown += 1 }
    }

    /// `nil` below `minimum` attempts.
    func burst(ofAtLeast minimum: Int) -> FailureBurst? {
        guard attempts.count >= minimum else { return nil }
        return FailureBurst(
            key: key, kind: kind, start: start, end: lastDate, attempts: attempts.count,
            messagesByStatus: statuses.values.reduce(into: [:]) { $0[$1, default: 0] += 1 },
            mailboxes: spans.keys.sorted { $0.description < $1.description },
            peakConcurrency: spans.values.map(AttemptSpan.mostAtOnce).max() ?? 0, answers: sortedAnswers,
            unknown: unknown)
    }

    /// Time-outs of several mailboxes are an outage; of one alone, all that is known is that its answers are missing.
    private var kind: BurstKind {
        key.kind == .outage && spans.count == 1 && unknown == attempts.count ? .lostAnswers : key.kind
    }

    private var sortedAnswers: [FailureBurst.Answer] {
        answers.values.sorted {
            ($1.attempts, $0.status ?? 0, $0.code ?? "") < ($0.attempts, $1.status ?? 0, $1.code ?? "")
        }
    }
}

private struct AnswerKey: Hashable {
    let status: Int?
    let code: String?
}

/// The parts of a split message each carry its history: what was one attempt counts once.
private struct AttemptIdentity: Hashable {
    let message: Substring
    let attempt: Int
    let startedDate: Timestamp
    let finishedDate: Timestamp
    let requestID: String?

    init(_ attempt: TroubledAttempt) {
        message = attempt.id.rawValue.prefix { $0 != "-" }
        self.attempt = attempt.attempt
        startedDate = attempt.startedDate
        finishedDate = attempt.finishedDate
        requestID = attempt.requestID
    }
}

/// From the start of an attempt to its end.
private struct AttemptSpan: Sendable {
    let start: Timestamp
    let end: Timestamp

    /// One that took no measurable time was under way all the same.
    init(_ attempt: TroubledAttempt) {
        start = attempt.startedDate
        end = max(attempt.finishedDate, attempt.startedDate + .milliseconds(1))
    }

    static func mostAtOnce(_ spans: [AttemptSpan]) -> Int {
        // What ends at the moment another starts makes room for it.
        let steps = spans.flatMap { [($0.start, 1), ($0.end, -1)] }.sorted { $0 < $1 }
        var (now, most) = (0, 0)
        for (_, step) in steps {
            now += step
            most = max(most, now)
        }
        return most
    }
}
