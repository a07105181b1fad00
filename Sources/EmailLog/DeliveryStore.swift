package import MailModel

/// The verbs of the store that delivery uses, as `EmailLog` documents them: where a row waits, who takes it, what becomes of
/// it, and what holds across restarts. Delivery runs over anything that answers as `EmailLog` does.
package protocol DeliveryStore: Sendable {
    func dataVersion() async throws(EmailLogError) -> Int

    // MARK: What waits

    func lanesWithWork() async throws(EmailLogError) -> [(lane: LaneKey, next: Timestamp)]
    func due(in lane: LaneKey, _ sections: [LaneSection], at moment: Timestamp, limit: Int)
        async throws(EmailLogError) -> [WaitingRow]
    func recipients(of ids: [QueueID]) async throws(EmailLogError) -> [QueueID: [Address]]
    func nextDue(in lane: LaneKey, after moment: Timestamp) async throws(EmailLogError) -> Timestamp?

    // MARK: One attempt

    func claim(_ id: QueueID, path: Path, at now: Timestamp) async throws(EmailLogError) -> QueuedMessage?
    func body(of id: QueueID) async throws(EmailLogError) -> MessageBody
    func putBack(_ ids: [QueueID], due: Timestamp, fallingBackTo path: Path?, because reason: String?)
        async throws(EmailLogError)
    func settle(
        _ id: QueueID, _ settlement: Settlement, attempt: AttemptRecord?, at now: Timestamp, reporter: FailureReporter?
    ) async throws(EmailLogError)
    func settle(_ id: QueueID, parts: [SettledPart], at now: Timestamp, reporter: FailureReporter?)
        async throws(EmailLogError) -> [QueueID]

    // MARK: Drafts

    func keepDraft(_ draft: String, of id: QueueID) async throws(EmailLogError)
    func leftoverDrafts(at moment: Timestamp, limit: Int) async throws(EmailLogError) -> [LeftoverDraft]
    func nextLeftoverDraft() async throws(EmailLogError) -> Timestamp?
    func looked(after draft: LeftoverDraft, next: Timestamp?, requests: Int, at now: Timestamp)
        async throws(EmailLogError)

    // MARK: Pauses

    func pauses() async throws(EmailLogError) -> [LanePause]
    func pause(_ pause: LanePause) async throws(EmailLogError)
    func resume(_ key: LanePause.Key) async throws(EmailLogError)
    func end(_ pause: LanePause, at now: Timestamp) async throws(EmailLogError)
    @discardableResult
    func postpone(_ lane: LaneKey, _ queue: LaneQueue, until: Timestamp, because reason: String, limit: Int)
        async throws(EmailLogError) -> Int
    /// As `postpone` of each, at the price of one.
    func postpone(_ all: [Postponement]) async throws(EmailLogError)
    func postpone(_ moments: [(id: QueueID, until: Timestamp)], because reason: String) async throws(EmailLogError)
    func hurry(_ queue: LaneQueue, of route: String, to now: Timestamp) async throws(EmailLogError)
    func expire(
        _ lane: LaneKey, _ queue: LaneQueue, waitingSince deadline: Timestamp, because reason: String,
        at now: Timestamp,
        limit: Int, reporter: FailureReporter?
    ) async throws(EmailLogError) -> [QueueID]

    /// Dates of those that wait are that much earlier from now on: the clock they were reckoned by was set back.
    func bringForward(by step: Duration, at now: Timestamp) async throws(EmailLogError)

    // MARK: After a restart

    func recover(
        at now: Timestamp, policy: @escaping @Sendable (_ route: String, _ path: Path) -> RecoveryPolicy
    ) async throws(EmailLogError) -> [RecoveredMessage]
    func attempts(since moment: Timestamp, route: String?) async throws(EmailLogError) -> [SpentAttempt]
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
