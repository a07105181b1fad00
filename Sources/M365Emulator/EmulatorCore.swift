import MailModel
import NIOConcurrencyHelpers

/// The state behind its lock, with the clock: what both servers hold.
struct EmulatorCore: Sendable {
    let clock: EmulatorClock
    private let box: NIOLockedValueBox<EmulatorState>

    init(_ configuration: EmulatorConfiguration, clock: EmulatorClock) {
        self.clock = clock
        box = NIOLockedValueBox(EmulatorState(configuration))
    }

    func withState<Result>(_ body: (inout EmulatorState) throws -> Result) rethrows -> Result {
        try box.withLockedValue(body)
    }

    /// What the clocks show, the date and time as wrong as they are set to be. Takes the lock, so never call it inside.
    func moment() -> Moment {
        let offset = withState { $0.settings.clock.offset }
        let moment = clock.moment()
        return Moment(now: moment.now, wall: moment.wall + Duration(fractionalSeconds: offset))
    }

    func begin(_ head: HTTPHead) -> Exchange {
        let moment = self.moment()
        return withState { $0.begin(head, at: moment) }
    }

    func interruption(of exchange: Exchange) -> Delivery? {
        let moment = self.moment()
        return withState { $0.interruption(of: exchange, at: moment) }
    }

    func perform(_ exchange: Exchange, body: ReceivedBody) -> Delivery {
        let moment = self.moment()
        return withState { $0.perform(exchange, body: body, at: moment) }
    }

    func finish(_ exchange: Exchange, _ delivery: Delivery) -> Delivery {
        let moment = self.moment()
        return withState { $0.finish(exchange, delivery, at: moment) }
    }

    func control(_ path: [String], _ head: HTTPHead, _ body: ReceivedBody) -> HTTPAnswer {
        guard case .complete(let bytes) = body else { return HTTPAnswer(413) }
        let moment = self.moment()
        return withState { $0.control(path, head, bytes, at: moment) }
    }
}
