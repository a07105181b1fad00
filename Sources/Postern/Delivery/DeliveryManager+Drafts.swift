import DeliveryPolicy
import EmailLog
import Logging
import MailModel

/// Drafts that were made for messages and will never be sent are taken away, a few at a time and one after the other, as
/// errands beside the mail.
extension DeliveryManager {
    private static let interval = Duration.seconds(5)
    private static let atOnce = 10
    private static let retry = Duration.seconds(600)
    /// A draft whose creation was never answered may show up so long after.
    private static let appearance = Duration.seconds(3600)
    private static let patience = Duration.seconds(7 * 86400)

    /// True where it is time to look, and nobody does.
    func isTimeForDrafts() -> Bool {
        let now = clocks.instant()
        guard now >= nextDraftLook, !isSweepingDrafts else { return false }
        nextDraftLook = now + Self.interval
        isSweepingDrafts = true
        return true
    }

    func sweepDrafts() async {
        defer { isSweepingDrafts = false }
        do throws(EmailLogError) {
            guard let next = try await log.nextLeftoverDraft(), next <= clocks.now() else { return }
            for draft in try await log.leftoverDrafts(at: clocks.now(), limit: Self.atOnce) { try await sweep(draft) }
        } catch {
            rest(after: error)
        }
    }

    private func sweep(_ draft: LeftoverDraft) async throws(EmailLogError) {
        guard let sweeper = routes[draft.lane.route]?.paths[.graph] as? any DraftSweeper else {
            return try await put(draft, off: Self.retry, because: "its route has no Graph path any more", requests: 0)
        }
        let errand = Errand(
            id: QueueID(rawValue: "\(draft.message).draft\(draft.number)"), lane: draft.lane,
            requests: Int64(type(of: sweeper).requestsPerDraft))
        let instant = clocks.instant()
        guard !isResting(at: instant), scheduler.start(errand, at: instant) else { return }
        let swept = await sweeper.sweep(draft)
        finished(errand, swept.effect, ShadowResult.Cost(requests: swept.requests))
        switch swept.state {
        case .failed(let refusal, let wait):
            try await put(
                draft, off: max(wait ?? .zero, Self.retry), because: refusal.explained(on: .graph),
                requests: swept.requests)
        case .gone:
            let now = clocks.now()
            let mayAppear = draft.draft == .somewhere && now - draft.createdDate < Self.appearance
            try await log.looked(
                after: draft, next: mayAppear ? now + Self.retry : nil, requests: swept.requests, at: now)
        }
    }

    private func put(
        _ draft: LeftoverDraft, off wait: Duration, because reason: String, requests: Int
    ) async throws(EmailLogError) {
        let now = clocks.now()
        let isGivenUp = now - draft.createdDate > Self.patience
        try await log.looked(after: draft, next: isGivenUp ? nil : now + wait, requests: requests, at: now)
        logger.log(
            level: isGivenUp ? .warning : .info, "left-over draft not deleted",
            metadata: [
                LogKey.id: "\(draft.message)", LogKey.route: "\(draft.lane.route)",
                LogKey.mailbox: "\(draft.lane.mailbox.redacted)", LogKey.reason: "\(reason)",
            ])
    }
}
