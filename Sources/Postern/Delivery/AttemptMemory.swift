package import EmailLog
package import MailModel

/// What an attempt writes down before it goes on, so that it outlives the process.
package struct AttemptMemory: Sendable {
    /// Returns once the draft's id is synced.
    package let keepDraft: @Sendable (_ id: String) async throws(EmailLogError) -> Void

    package init(keepDraft: @escaping @Sendable (_ id: String) async throws(EmailLogError) -> Void) {
        self.keepDraft = keepDraft
    }

    /// On the message's row.
    package init(of message: QueueID, in log: any DeliveryStore) {
        self.init { id async throws(EmailLogError) in try await log.keepDraft(id, of: message) }
    }
}
