import DeliveryPolicy
import EmailLog
import MailModel
import Postern
import SMTPProtocol

/// Microsoft's side: counts what arrives in windows of its own, fails as its faults say, and keeps the only true list of who
/// has received what.
final class Microsoft {
    struct LanePath: Hashable {
        let lane: LaneKey
        let path: Path
    }

    final class Request {
        let message: QueuedMessage
        let place: LanePath
        let fault: Fault.Kind?
        let answersAt: Instant
        /// Of `mixed`: who is refused.
        var refused: [Address] = []
        var retryAfter: Duration?
        /// `nil` where nothing of it arrives.
        var arrivesAt: Instant?
        var hasArrived = false

        init(_ message: QueuedMessage, _ place: LanePath, _ fault: Fault.Kind?, answersAt: Instant) {
            self.message = message
            self.place = place
            self.fault = fault
            self.answersAt = answersAt
        }
    }

    private struct Copy: Hashable {
        let message: String
        let recipient: Address
    }

    private let scenario: Scenario
    private unowned let world: World
    private var counts: [LaneKey: MailboxCounts] = [:]
    private var copies: [Copy: Int] = [:]
    private(set) var inFlight: [QueueID: Request] = [:]
    private var load: [LanePath: Int] = [:]
    private var routeLoad: [String: [Path: Int]] = [:]
    /// Connections of dead processes that still count here, and until when.
    private var lingering: [LaneKey: [Instant]] = [:]
    private(set) var pausedUntil: [LanePath: Instant] = [:]
    /// Everything accepted, and how much of that was a second copy.
    private(set) var accepted = 0
    private(set) var duplicates = 0
    private(set) var requests = 0
    /// When the first attempt of each message began.
    private(set) var begun: [QueueID: Instant] = [:]

    init(_ scenario: Scenario, in world: World) {
        self.scenario = scenario
        self.world = world
        copies.reserveCapacity(2 * scenario.arrivals.count)
    }

    func copies(of message: String, to recipient: Address) -> Int {
        copies[Copy(message: message, recipient: recipient)] ?? 0
    }

    // MARK: One request

    func begin(_ message: QueuedMessage, by path: Path) -> Request {
        let now = world.now
        let place = LanePath(lane: LaneKey(route: message.route, mailbox: message.mailbox), path: path)
        let fault = fault(for: message, place)
        let latency = scenario.latency(of: message.id, isLocal: fault?.isLocal ?? false, &world.random)
        let request = Request(message, place, fault, answersAt: now + latency)
        world.watch.willBegin(request, pausedUntil: pausedUntil[place], beside: inFlight[message.id])
        requests += 1
        if begun[message.id] == nil { begun[message.id] = now }
        inFlight[message.id] = request
        count(request, 1)
        checkLoad(place)
        draw(request, latency)
        if let moment = request.arrivesAt { world.at(moment) { [weak self] in self?.arriveInTime(request) } }
        return request
    }

    private func fault(for message: QueuedMessage, _ place: LanePath) -> Fault.Kind? {
        let now = world.now
        return scenario.faults.first {
            $0.covers(place.path, place.lane.mailbox, at: now) && ($0.share >= 1 || world.random.happens($0.share))
        }?.kind
    }

    /// A way takes a millisecond at least, there and back.
    private func draw(_ request: Request, _ latency: Duration) {
        switch request.fault {
        case .noToken, .noConnection, .lostRequest: break
        default:
            guard !scenario.isUnrepresentable(request.message.id, by: request.place.path) else { break }
            let slack = latency - .milliseconds(2)
            request.arrivesAt = world.now + .milliseconds(1) + slack * Double.random(in: 0...1, using: &world.random)
        }
        switch request.fault {
        case .throttled, .quota: request.retryAfter = world.random.duration(500...90_000)
        case .busy where world.random.happens(0.5): request.retryAfter = world.random.duration(500...60_000)
        case .deferred where world.random.happens(0.5): request.retryAfter = world.random.duration(500...60_000)
        case .mixed:
            let people = request.message.envelope.recipients
            request.refused =
                people.count > 1 ? Array(people.prefix(Int.random(in: 1..<people.count, using: &world.random))) : []
        default: break
        }
    }

    private func arriveInTime(_ request: Request) {
        guard inFlight[request.message.id] === request else { return }
        arrive(request)
    }

    func arrive(_ request: Request) {
        guard !request.hasArrived else { return }
        request.hasArrived = true
        let (lane, message) = (request.place.lane, request.message)
        let exceeded = counts[lane, default: MailboxCounts(scenario.limits.lane)].add(
            recipients: message.envelope.recipients.count, size: message.size, by: request.place.path, at: world.now)
        for limit in exceeded { world.watch.report("a window of \(lane.mailbox) holds more \(limit) than allowed") }
        let base = message.id.base
        for recipient in recipientsTaken(request) {
            let copy = Copy(message: base, recipient: recipient)
            let before = copies.updateValue((copies[copy] ?? 0) + 1, forKey: copy) ?? 0
            accepted += 1
            if before > 0 { duplicates += 1 }
            world.watch.didDeliver(message, copiesBefore: before)
        }
    }

    /// As a path would that forgets that it has sent a message.
    func repeatDelivery(_ request: Request) {
        guard request.hasArrived else { return }
        arrive(Request(request.message, request.place, request.fault, answersAt: request.answersAt))
    }

    private func recipientsTaken(_ request: Request) -> [Address] {
        let people = request.message.envelope.recipients
        switch request.fault {
        case nil, .lostAnswer: return people
        case .mixed: return people.filter { !request.refused.contains($0) }
        default: return []
        }
    }

    /// The answer, as the process hears it.
    func answer(_ request: Request) -> Delivery {
        inFlight[request.message.id] = nil
        count(request, -1)
        let delivery = Answer(
            request, isUnrepresentable: scenario.isUnrepresentable(request.message.id, by: request.place.path)
        ).delivery
        keepInMind(request, delivery.outcome)
        world.watch.didAnswer(request, delivery)
        return delivery
    }

    /// From now on nothing may be sent there, as whoever has this answer knows. A wait below a second says nothing, and is
    /// answered by a back-off of a second at least, less its jitter.
    private func keepInMind(_ request: Request, _ outcome: Outcome) {
        guard case .deferred(let refusal, let retryAfter) = outcome, refusal.scope != .message else { return }
        let vague: Duration = refusal.cause == .throttled ? .milliseconds(800) : .zero
        let until = world.now + max(retryAfter ?? .zero, vague)
        pausedUntil[request.place] = max(until, pausedUntil[request.place] ?? until)
    }

    // MARK: Load

    private func count(_ request: Request, _ change: Int) {
        load[request.place, default: 0] += change
        routeLoad[request.place.lane.route, default: [:]][request.place.path, default: 0] += change
    }

    private func checkLoad(_ place: LanePath) {
        let old = place.path == .smtp ? lingering[place.lane, default: []].count { $0 > world.now } : 0
        if load[place, default: 0] + old > scenario.limits.lane.concurrency(of: place.path) {
            world.watch.report("\(place.lane.mailbox) has more requests by \(place.path) at once than allowed")
        }
        let whole = routeLoad[place.lane.route]?[place.path] ?? 0
        if whole > scenario.limits.concurrency(of: place.path) {
            world.watch.report("\(place.lane.route) has more requests by \(place.path) at once than allowed")
        }
    }

    // MARK: The end of a process

    /// What has not arrived by now does so at once, or never; connections by SMTP go on for a while. Of pauses only those
    /// on record are known to the next process.
    func processDied(isKnown: (LanePath, _ until: Instant) -> Bool) {
        for request in inFlight.values.sorted(by: { $0.message.id < $1.message.id }) {
            if request.arrivesAt != nil, !request.hasArrived, Bool.random(using: &world.random) { arrive(request) }
            if request.place.path == .smtp {
                let until = world.now + world.random.duration(0...5000)
                lingering[request.place.lane] =
                    lingering[request.place.lane, default: []].filter { $0 > world.now } + [until]
            }
        }
        inFlight = [:]
        load = [:]
        routeLoad = [:]
        pausedUntil = pausedUntil.filter { $0.value > world.now && isKnown($0.key, $0.value) }
    }
}
