import MailModel
import TLS

/// Everything the emulator knows, as one value behind one lock; what happens is decided by its methods, spread over the
/// folders by concern, and nothing in here waits or touches a socket.
struct EmulatorState: Sendable {
    /// An app at a mailbox: what Graph's limits are counted for.
    struct Lane: Hashable, Sendable {
        var appID: String
        var mailbox: String
    }

    var settings: EmulatorConfiguration
    var directory: Directory
    var tokens: TokenLedger
    var store = MailStore()
    var uploads: [String: UploadSession] = [:]
    var throttles: [Lane: MailboxThrottle] = [:]
    var departures: [String: DepartureSchedule] = [:]
    var smtpConnections: [UInt64: SMTPConnection] = [:]
    var dailyRecipients: [String: SlidingWindow] = [:]
    var faults = FaultBook()
    var counters = Counters()
    var log = RequestLog()
    var retryAfter = RetryAfter()
    var random: SeededGenerator
    /// Which wording of the SMTP refusal comes next.
    var refusals = 0

    init(_ configuration: EmulatorConfiguration) {
        settings = configuration
        directory = Directory(tenants: configuration.tenants)
        tokens = TokenLedger(key: secureRandomBytes(32))
        let seed = configuration.seed == 0 ? UInt64.random(in: 1...UInt64.max) : UInt64(configuration.seed.magnitude)
        random = SeededGenerator(seed: seed)
    }

    /// Forgets messages, rules, counters and windows; the directory, with its changes, and the tokens stay.
    mutating func reset() {
        store = MailStore()
        uploads = [:]
        throttles = throttles.filter { $0.value.inFlight > 0 }
        departures = [:]
        dailyRecipients = [:]
        faults = FaultBook()
        counters.reset()
        log.removeAll()
        refusals = 0
    }

    mutating func messageItemID() -> String { "AAMk" + Base64.encodeURL(random.bytes(75)) + "=" }
}
