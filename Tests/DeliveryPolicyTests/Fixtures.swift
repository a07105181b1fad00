import MailModel

@testable import DeliveryPolicy

/// Steele, Lea and Flood's generator: small, and the same everywhere for the same seed.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension Instant: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
    /// Seconds since the start.
    public init(floatLiteral seconds: Double) { self.init(.milliseconds(Int64((seconds * 1000).rounded()))) }
    public init(integerLiteral seconds: Int64) { self.init(.seconds(seconds)) }
}

func address(_ text: String) -> Address {
    guard let address = try? Address(parsing: text) else { preconditionFailure("not an address: \(text)") }
    return address
}

func id(_ number: Int) -> QueueID { QueueID(rawValue: number.padded(6)) }

func row(
    _ number: Int, _ priority: Priority = .normal, due: Instant = 0, recipients: Int = 1, size: Int64 = 3000,
    via pin: Path? = nil, isTrial: Bool = false, external: Int? = nil, hasWaited: Bool = false
) -> Waiting {
    Waiting(
        id: id(number), priority: priority, due: due, recipients: recipients, size: size, via: pin, isTrial: isTrial,
        externalRecipients: external, hasWaited: hasWaited)
}

extension Lane {
    /// The next turn, taken.
    mutating func startNext(at now: Instant, through open: [Path], _ outlook: RouteOutlook) -> Turn? {
        guard let turn = nextTurn(at: now, through: open, outlook) else { return nil }
        start(turn, at: now)
        return turn
    }
}

extension RouteLanes.Next {
    /// Where no quota is shared.
    var turn: Lane.Turn {
        guard case .start(let turn, _) = self else { preconditionFailure("put off") }
        return turn
    }
}

/// A route of Graph alone, or with SMTP besides.
func routeLimits(hasSMTP: Bool = false, _ change: (inout RouteLimits) -> Void = { _ in }) -> RouteLimits {
    var limits = RouteLimits()
    if hasSMTP {
        limits.other = .smtp
        limits.fallback = FallbackRule()
    }
    change(&limits)
    return limits
}

func outlook(_ limits: RouteLimits, troubled: [Path: Trouble] = [:], at now: Instant = 0) -> RouteOutlook {
    RouteOutlook(limits, troubles: PathPair { troubled[$0] }, at: now)
}

func refusal(_ cause: Refusal.Cause, _ scope: Refusal.Scope = .mailbox, status: Int? = 503) -> Refusal {
    Refusal(scope: scope, cause: cause, status: status, text: "\(cause)")
}
