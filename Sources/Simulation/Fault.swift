import MailModel

/// Something that goes wrong at Microsoft's side, or on the way there.
struct Fault {
    enum Kind: CaseIterable {
        /// A token cannot be had: nothing is tried.
        case noToken
        /// No connection: nothing arrives.
        case noConnection
        /// 503 or 421.
        case busy
        /// 401: the credentials.
        case unauthorized
        /// 429 or 4.3.2 with a time to wait.
        case throttled
        /// The same without.
        case throttledVaguely
        /// The mailbox is full or gone.
        case misconfigured
        /// The day's quota, with a time to wait.
        case quota
        /// The message is put off, for its own sake.
        case deferred
        case rejected
        /// By SMTP recipients are answered differently.
        case mixed
        /// Accepted, and the answer lost.
        case lostAnswer
        /// Lost on the way, and nobody can tell that from a lost answer.
        case lostRequest
    }

    let kind: Kind
    /// `nil`: both.
    var path: Path?
    /// `nil`: all.
    var mailbox: Address?
    var during: Range<Instant>
    /// Of the requests that it meets, 0…1.
    var share = 1.0

    func covers(_ path: Path, _ mailbox: Address, at now: Instant) -> Bool {
        during.contains(now) && (self.path ?? path) == path && (self.mailbox ?? mailbox) == mailbox
    }
}

extension Fault.Kind {
    /// Nothing of the request arrives.
    var isLocal: Bool { self == .noToken || self == .noConnection }

    func refusal(_ path: Path) -> Refusal {
        let (scope, cause): (Refusal.Scope, Refusal.Cause) =
            switch self {
            case .noToken, .unauthorized: (.route, .unauthorized)
            case .noConnection, .busy, .lostRequest: (.route, .unavailable)
            case .throttled, .throttledVaguely: (.mailbox, .throttled)
            case .misconfigured: (.mailbox, .misconfigured)
            case .quota: (.mailbox, .quota)
            case .deferred, .mixed, .lostAnswer: (.message, .unavailable)
            case .rejected: (.message, .rejected)
            }
        return Refusal(scope: scope, cause: cause, status: status, text: "\(self)")
    }

    private var status: Int? {
        switch self {
        case .noToken, .noConnection, .lostAnswer, .lostRequest: nil
        case .busy: 503
        case .unauthorized: 401
        case .throttled, .throttledVaguely, .quota: 429
        case .misconfigured: 403
        case .deferred, .mixed: 451
        case .rejected: 400
        }
    }
}
