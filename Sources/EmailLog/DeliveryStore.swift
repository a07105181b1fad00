package import MailModel

/// The verbs of the store that delivery uses, as `EmailLog` documents them: where a row waits, who takes it, what becomes of
/// it, and what holds across restarts. Delivery runs over anything that answers as `EmailLog` does.
///
/// They run where they are called: a store that answers from memory then costs delivery no change of executor (SE-0461).
package protocol DeliveryStore: Sendable {
    nonisolated(nonsending) func dataVersion() async throws(EmailLogError) -> Int

    // MARK: What waits

    nonisolated(nonsending) func lanesWithWork() async throws(EmailLogError) -> [(lane: LaneKey, next: Timestamp)]
    nonisolated(nonsending) func due(in lane: LaneKey, _ sections: [LaneSection], at moment: Timestamp, limit: Int)
        async throws(EmailLogError) -> [WaitingRow]
    nonisolated(nonsending) func recipients(of ids: [QueueID]) async throws(EmailLogError) -> [QueueID: [Address]]
    nonisolated(nonsending) func nextDue(in lane: LaneKey, after moment: Timestamp) async throws(EmailLogError)
        -> Timestamp?

    // MARK: One attempt

    nonisolated(nonsending) func claim(_ id: QueueID, path: Path, at now: Timestamp) async throws(EmailLogError)
        -> QueuedMessage?
    nonisolated(nonsending) func body(of id: QueueID) async throws(EmailLogError) -> MessageBody
    nonisolated(nonsending) func putBack(
        _ ids: [QueueID], due: Timestamp, fallingBackTo path: Path?, because reason: String?)
        async throws(EmailLogError)
    nonisolated(nonsending) func settle(
        _ id: QueueID, _ settlement: Settlement, attempt: AttemptRecord?, at now: Timestamp, reporter: FailureReporter?
    ) async throws(EmailLogError)
    nonisolated(nonsending) func settle(
        _ id: QueueID, parts: [SettledPart], at now: Timestamp, reporter: FailureReporter?
    )
        async throws(EmailLogError) -> [QueueID]

    // MARK: Drafts

    nonisolated(nonsending) func keepDraft(_ draft: String, of id: QueueID) async throws(EmailLogError)
    nonisolated(nonsending) func leftoverDrafts(at moment: Timestamp, limit: Int) async throws(EmailLogError)
        -> [LeftoverDraft]
    nonisolated(nonsending) func nextLeftoverDraft() async throws(EmailLogError) -> Timestamp?
    nonisolated(nonsending) func looked(after draft: LeftoverDraft, next: Timestamp?, requests: Int, at now: Timestamp)
        async throws(EmailLogError)

    // MARK: Pauses

    nonisolated(nonsending) func pauses() async throws(EmailLogError) -> [LanePause]
    nonisolated(nonsending) func pause(_ pause: LanePause) async throws(EmailLogError)
    nonisolated(nonsending) func resume(_ key: LanePause.Key) async throws(EmailLogError)
    nonisolated(nonsending) func end(_ pause: LanePause, at now: Timestamp) async throws(EmailLogError)
    @discardableResult
    nonisolated(nonsending) func postpone(
        _ lane: LaneKey, _ queue: LaneQueue, until: Timestamp, because reason: String, limit: Int
    )
        async throws(EmailLogError) -> Int
    /// As `postpone` of each, at the price of one.
    nonisolated(nonsending) func postpone(_ all: [Postponement]) async throws(EmailLogError)
    nonisolated(nonsending) func postpone(_ moments: [(id: QueueID, until: Timestamp)], because reason: String)
        async throws(EmailLogError)
    nonisolated(nonsending) func hurry(_ queue: LaneQueue, of route: String, to now: Timestamp)
        async throws(EmailLogError)
    nonisolated(nonsending) func expire(
        _ lane: LaneKey, _ queue: LaneQueue, waitingSince deadline: Timestamp, because reason: String,
        at now: Timestamp,
        limit: Int, reporter: FailureReporter?
    ) async throws(EmailLogError) -> [QueueID]

    /// Dates of those that wait are that much earlier from now on: the clock they were reckoned by was set back.
    nonisolated(nonsending) func bringForward(by step: Duration, at now: Timestamp) async throws(EmailLogError)

    // MARK: After a restart

    nonisolated(nonsending) func recover(
        at now: Timestamp, policy: @escaping @Sendable (_ route: String, _ path: Path) -> RecoveryPolicy
    ) async throws(EmailLogError) -> [RecoveredMessage]
    nonisolated(nonsending) func attempts(since moment: Timestamp, route: String?) async throws(EmailLogError)
        -> [SpentAttempt]
}

extension EmailLog: DeliveryStore {}

extension DeliveryStore {
    package func postpone(_ all: [Postponement]) async throws(EmailLogError) {
        for one in all {
            try await postpone(one.lane, one.queue, until: one.until, because: one.reason, limit: one.limit)
        }
    }

    /// For a store that no clock has ever been set under.
    package func bringForward(by step: Duration, at now: Timestamp) async throws(EmailLogError) {}
}
