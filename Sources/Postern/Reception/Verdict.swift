import DeliveryPolicy
import EmailLog
import MIME
import MailModel
package import SMTPProtocol

/// Where a message came from.
struct Origin: Sendable {
    /// An address, or `sendmail`, `library`, `http`.
    var client: String
    /// The user who has logged in, and may send what its entry in the configuration says.
    var user: String?
    /// The account of this machine that handed it in; it may send what the routes take.
    var account: String?
    var trace: TraceInfo
}

/// A message that a route takes.
struct Verdict: Sendable {
    var lane: LaneKey
    /// More than one where the recipients are split.
    var envelopes: [Envelope]
    var summary: MessageSummary
    var priority: Priority
    /// The only path it may take, where somebody has asked for one.
    var via: Path?
    var planner: SendPlanner
    /// Where the route's primary path cannot carry it.
    var detour: SendChoice?

    /// What a trial is asked about it; `nil` where it may take one path only, so that there is nothing to try.
    func candidate(from origin: Origin) -> TrialCandidate? {
        guard via == nil, detour == nil else { return nil }
        return TrialCandidate(
            id: origin.trace.id, sender: summary.headerFrom ?? envelopes.first?.sender,
            recipients: envelopes.flatMap(\.recipients), priority: priority)
    }

    /// The message as it goes into the store.
    ///
    /// - Parameter arm: of its route's trial.
    func submission(from origin: Origin, arm: TrialArm? = nil, body: Submission.Body) -> Submission {
        Submission(
            queueID: origin.trace.id, createdDate: origin.trace.date, envelopes: envelopes, route: lane.route,
            mailbox: lane.mailbox, headerFrom: summary.headerFromText, subject: summary.subject,
            messageID: summary.messageID ?? MissingFields.messageID(for: origin.trace.id, host: origin.trace.by),
            client: origin.client, user: origin.user ?? origin.account, priority: priority,
            received: origin.trace.receivedField, trial: arm?.rawValue, via: via ?? detour?.path,
            fallsBackBecause: detour?.reason,
            body: body)
    }
}

extension MessageSummary {
    /// As people read it: `Jürgen <j@contoso.com>`, or the bare address.
    fileprivate var headerFromText: String? {
        headerFrom.map { address in headerFromName.map { "\($0) <\(address)>" } ?? address.description }
    }
}

/// A message that is turned away, and the words for it.
package struct Refused: Error, Hashable, Sendable, CustomStringConvertible {
    package let reply: Reply
    init(_ reply: Reply) { self.reply = reply }
    package var description: String { reply.description }
}

extension ReceptionRules {
    /// RFC 5321 §6.3 asks for at least 100.
    private static let maxHops = 100

    /// Judges a message that has arrived whole.
    ///
    /// - Parameters:
    ///   - head: its beginning, the header included.
    ///   - size: octets of all of it.
    ///   - priority: where neither the header nor the user say otherwise.
    ///   - via: the only path it may take.
    func judge(
        _ envelope: Envelope, from origin: Origin, head: [UInt8], size: Int, priority: Priority, via: Path? = nil
    ) -> Result<Verdict, Refused> {
        let header = HeaderBlock(parsing: head)
        let summary = MessageSummary(of: header)
        let user = origin.user.flatMap { users[$0] }
        if let name = origin.user, let refused = refusal(of: header, head: head, for: name) { return .failure(refused) }
        guard summary.hops <= Self.maxHops else { return .failure(.loop(hops: summary.hops)) }
        switch route(headerFrom: summary.headerFrom, envelopeSender: envelope.sender) {
        case .noRoute: return .failure(.noRoute(summary.headerFrom ?? envelope.sender))
        case .noMailbox(let route): return .failure(.noMailbox(route))
        case .lane(let lane):
            guard let planner = planners[lane.route] else { return .failure(.noRoute(summary.headerFrom)) }
            let envelopes = split(envelope, route: lane.route)
            let message = SendPlanner.Message(header: header, size: size, envelopes: envelopes, via: via)
            return .success(
                Verdict(
                    lane: lane, envelopes: envelopes, summary: summary,
                    priority: summary.priority ?? user?.priority ?? priority, via: via, planner: planner,
                    detour: planner.detour(message)))
        }
    }

    /// Everybody whom From and Sender name must be the user's to use. What cannot be read could name anybody.
    private func refusal(of header: HeaderBlock, head: [UInt8], for user: String) -> Refused? {
        guard header.isComplete || head.count <= EmailLog.largestInlineBody else { return .notYours(nil, user) }
        let lists = ["From", "Sender"].flatMap { header.all(named: $0) }.map { AddressList(parsing: $0.unfolded) }
        guard lists.allSatisfy({ $0.unparsed.allSatisfy { !$0.contains("@") } }) else { return .notYours(nil, user) }
        let stranger = lists.flatMap(\.addresses).map(\.address).first { !maySend(user, as: $0) }
        return stranger.map { .notYours($0, user) }
    }
}

extension Refused {
    static func notYours(_ sender: Address?, _ user: String) -> Refused {
        refused(
            "\(sender.map(\.description) ?? "What the header names") is not a sender of user \(user); see users in the configuration"
        )
    }

    fileprivate static func noRoute(_ sender: Address?) -> Refused {
        refused("No route takes mail from \(sender.map(\.description) ?? "<>"); see routes in the configuration")
    }

    fileprivate static func noMailbox(_ route: String) -> Refused {
        refused("The message names no sender, and route \(route) has no mailbox to send it through")
    }

    fileprivate static func loop(hops: Int) -> Refused {
        Refused(Reply(554, .init(5, 4, 6), "Mail loop: the message has passed \(hops) servers"))
    }

    private static func refused(_ text: String) -> Refused { Refused(Reply(550, .init(5, 7, 1), text)) }
}
