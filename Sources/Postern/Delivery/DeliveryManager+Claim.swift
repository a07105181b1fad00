import EmailLog
import Logging
import MailModel

/// Takes a message out of the queue, in the store.
extension DeliveryManager {
    /// `nil` where it is held or gone, or the store does not let go of it now.
    func claim(_ id: QueueID, in lane: LaneKey, by path: Path) async -> QueuedMessage? {
        do {
            return try await log.claim(id, path: path, at: clocks.now())
        } catch .setAside(let id) {
            logger.error(
                "message set aside, its row cannot be read",
                metadata: [LogKey.id: "\(id)", LogKey.route: "\(lane.route)"])
            return nil
        } catch .damaged(let place) {
            passOver(id, in: lane, place)
            return nil
        } catch {
            agenda.wake(lane, at: clocks.now())
            rest(after: error)
            return nil
        }
    }

    private static let damageRests = Duration.seconds(300)

    /// The store cannot read this row, and perhaps only this one: the others do not wait for it.
    private func passOver(_ id: QueueID, in lane: LaneKey, _ place: String) {
        logger.error("message passed over", metadata: [LogKey.id: "\(id)", LogKey.reason: "\(place)"])
        attempted[id] = clocks.instant() + Self.damageRests
        agenda.wake(lane, at: clocks.now() + Self.damageRests)
    }
}
