import EmailLog
import MailModel
import Postern

/// A way out of one process to the simulated Microsoft.
final class SimulatedPath: DeliveryPath, @unchecked Sendable {
    private let path: Path
    private let world: World
    private let life: Life

    init(_ path: Path, _ world: World, _ life: Life) {
        self.path = path
        self.world = world
        self.life = life
    }

    func deliver(_ message: QueuedMessage, body: MessageBody, memory: AttemptMemory) async -> Delivery {
        guard !life.isDead else { return Self.cutOff }
        let request = world.microsoft.begin(message, by: path)
        await life.wait(until: request.answersAt)
        guard !life.isDead else { return Self.cutOff }
        if world.forgets(.delivery) { world.microsoft.repeatDelivery(request) }
        return world.microsoft.answer(request)
    }

    /// Nobody hears it.
    private static let cutOff = Delivery(
        .deferred(Refusal(scope: .message, cause: .unavailable, text: "the process is dead"), retryAfter: nil),
        isAttempt: false)
}
