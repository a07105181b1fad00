package import MailModel

/// What an attempt's outcome means for its row, and for the mailbox and route it went by: the whole of delivery's judgement
/// in one function.
package struct Disposition: Hashable, Sendable {
    /// What happens when an answer was lost and cannot be looked up (`on_unknown`).
    package enum UnknownPolicy: String, Hashable, Sendable, CaseIterable { case retry, hold }

    package enum Row: Hashable, Sendable {
        /// To `S`.
        case sent(Receipt)
        /// To `F`: refused for good, or given up.
        case failed(Refusal)
        /// Back to `Q`; a retry is spent.
        case retry(at: Timestamp, Refusal)
        /// Back to `Q` without spending a retry: its mailbox or route waits. Next look: what `Scheduler.finished` returns.
        case waits(Refusal)
        /// To `U`.
        case unknownHeld(Refusal)
    }

    /// What is known of the row.
    package struct Facts: Hashable, Sendable {
        package var retries: Int
        package var acceptedAt: Timestamp

        /// - Parameter retries: attempts spent before this one, pauses not counted.
        package init(retries: Int, acceptedAt: Timestamp) {
            self.retries = retries
            self.acceptedAt = acceptedAt
        }
    }

    package let row: Row
    /// For `Scheduler.finished`.
    package let effect: LaneEffect

    package init(
        of outcome: Outcome, _ facts: Facts, schedule: RetrySchedule, onUnknown: UnknownPolicy, at now: Timestamp,
        using random: inout some RandomNumberGenerator
    ) {
        switch outcome {
        case .accepted(let receipt):
            (row, effect) = (.sent(receipt), .healthy)
        case .rejected(let refusal):
            (row, effect) = (.failed(refusal), .healthy)
        case .deferred(let refusal, let retryAfter):
            effect = Self.effect(of: refusal, retryAfter, otherwise: .healthy)
            if refusal.scope == .mailbox || refusal.scope == .route {
                let isOver = schedule.isOver(acceptedAt: facts.acceptedAt, now: now)
                row = isOver ? .failed(Self.givenUp(refusal, schedule)) : .waits(refusal)
            } else {
                row = Self.retry(refusal, facts, schedule, retryAfter, at: now, using: &random)
            }
        case .unknown(let refusal):
            effect = Self.effect(of: refusal, nil, otherwise: .inconclusive)
            switch onUnknown {
            case .hold: row = .unknownHeld(refusal)
            case .retry: row = Self.retry(refusal, facts, schedule, nil, at: now, using: &random)
            }
        }
    }

    /// A lost answer slows its mailbox or route down like a clear one: what times out is not to be hammered.
    private static func effect(of refusal: Refusal, _ retryAfter: Duration?, otherwise: LaneEffect) -> LaneEffect {
        switch refusal.scope {
        case .recipient, .message: otherwise
        case .mailbox: .pause(refusal, retryAfter: retryAfter)
        case .route: .routeFailure(refusal, retryAfter: retryAfter)
        }
    }

    private static func retry(
        _ refusal: Refusal, _ facts: Facts, _ schedule: RetrySchedule, _ retryAfter: Duration?, at now: Timestamp,
        using random: inout some RandomNumberGenerator
    ) -> Row {
        let decision = schedule.decide(
            retries: facts.retries, acceptedAt: facts.acceptedAt, now: now, retryAfter: retryAfter, using: &random)
        return switch decision {
        case .retry(let moment): .retry(at: moment, refusal)
        case .giveUp: .failed(givenUp(refusal, schedule))
        }
    }

    private static func givenUp(_ refusal: Refusal, _ schedule: RetrySchedule) -> Refusal {
        var last = refusal
        last.text = "Given up after \(text(schedule.giveUpAfter)) (`give_up_after`). Last answer: \(refusal.text)"
        return last
    }

    /// In the largest unit that divides it.
    private static func text(_ span: Duration) -> String {
        let units: [(name: String, seconds: Int64)] = [("d", 86_400), ("h", 3600), ("m", 60)]
        let seconds = span.components.seconds
        let unit = units.first { seconds >= $0.seconds && seconds % $0.seconds == 0 }
        return unit.map { "\(seconds / $0.seconds)\($0.name)" } ?? "\(seconds)s"
    }
}
