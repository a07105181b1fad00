import DeliveryPolicy
package import EmailLog
import MIME
package import MailModel

/// Which way a message takes, and why, as far as the message and the configuration decide it.
package struct SendChoice: Hashable, Sendable {
    package enum Form: String, Hashable, Sendable {
        /// The MIME message in one Graph request.
        case mimeRequest = "mime_request"
        /// A Graph draft that its attachments are brought to.
        case upload
        /// SMTP submission.
        case submission
        /// None: it fails.
        case refused
    }

    package var form: Form
    /// It leaves the route's primary path at once, because that cannot carry it.
    package var fallsBack = false
    /// A sentence or two for people.
    package var reason: String

    package var path: Path? {
        switch form {
        case .mimeRequest, .upload: .graph
        case .submission: .smtp
        case .refused: nil
        }
    }
}

/// Makes the send plan of a route's messages before anything is attempted: when they are accepted, so that what the
/// primary cannot carry does not wait for it, and for people who ask.
struct SendPlanner: Sendable {
    private let primary: Path
    private let graph: SendPlan.Policy?

    init(_ route: Route) {
        primary = route.primary
        graph = route.graph.map { SendPlan.Policy(route, $0) }
    }

    /// What is decided about, as it was handed in.
    struct Message {
        var header: HeaderBlock
        /// Octets of all of it.
        var size: Int
        /// Several where the recipients are split.
        var envelopes: [Envelope]
        var isSplit: Bool
        /// The only path it may take, where somebody has asked for one.
        var via: Path?

        init(header: HeaderBlock, size: Int, envelopes: [Envelope], via: Path?) {
            self.header = header
            self.size = size
            self.envelopes = envelopes
            isSplit = envelopes.count > 1
            self.via = via
        }
    }

    func choose(_ message: Message) -> SendChoice {
        guard (message.via ?? primary) == .graph, let graph else {
            let reason = message.via == nil ? "SMTP is the route's primary path." : "It may go by SMTP only."
            return SendChoice(form: .submission, reason: reason)
        }
        let policy = graph.holding(isPart: message.isSplit, via: message.via)
        switch SendPlan(for: SendPlan.Message(message), policy) {
        case .mimeRequest(let isRewritten):
            let room = "It has \(message.size) octets, of at most \(policy.mimeLimit) (`mime_limit`)."
            let rewritten = isRewritten ? " To and Cc are reduced to the envelope." : ""
            return SendChoice(form: .mimeRequest, reason: room + rewritten)
        case .upload(let isRewritten):
            let room =
                "One Graph request carries \(policy.mimeLimit) octets (`mime_limit`) of its \(message.size): it goes as a "
                + "draft that its attachments are brought to (`large: \(policy.large.rawValue)`)."
            return SendChoice(
                form: .upload, reason: room + (isRewritten ? " To and Cc are reduced to the envelope." : ""))
        case .smtp(let refusal): return SendChoice(form: .submission, fallsBack: true, reason: refusal.text)
        case .refuse(let refusal): return SendChoice(form: .refused, reason: refusal.text)
        }
    }

    /// The choice where the message does not take the primary path; nothing is looked at where that cannot be.
    func detour(_ message: Message) -> SendChoice? {
        guard message.via == nil, primary == .graph, graph?.hasSMTP ?? false else { return nil }
        let choice = choose(message)
        return choice.fallsBack ? choice : nil
    }
}

extension SendChoice {
    /// The way a stored message takes.
    ///
    /// - Parameter isPart: it is one of several that its recipients were split into.
    /// - Returns: `nil` where its route or its body is gone.
    package static func made(
        for row: LogRow, isPart: Bool, in log: EmailLog, _ configuration: Configuration
    ) async throws(EmailLogError) -> SendChoice? {
        guard row.hasBody, let route = configuration.routes.first(where: { $0.name == row.route }) else { return nil }
        let header = try HeaderReader.header(of: try await log.body(of: row.id))
        let envelope = Envelope(sender: nil, recipients: row.recipients.compactMap { try? Address(parsing: $0) })
        // Where it has fallen back, the question is why.
        var message = SendPlanner.Message(
            header: header, size: row.size, envelopes: [envelope], via: row.fellBack ? nil : row.via)
        message.isSplit = isPart
        return SendPlanner(route).choose(message)
    }
}

extension SendPlan.Message {
    fileprivate init(_ message: SendPlanner.Message) {
        self.init(
            size: Int64(message.size), recipients: message.envelopes.map(\.recipients.count).max() ?? 0,
            isUnrepresentable: !message.envelopes.allSatisfy(message.header.reachesOnly),
            indecomposable: Indecomposable(seenIn: message.header)?.text)
    }
}

extension SendPlan.Policy {
    init(_ route: Route, _ graph: Graph) {
        self.init(
            mimeLimit: graph.mimeLimit, recipientsPerMessage: route.limits.recipientsPerMessage,
            unrepresentable: route.unrepresentable, large: graph.large, hasSMTP: route.smtp != nil,
            fallsBackUnrepresentable: route.fallback?.on.contains(.unrepresentable) ?? false)
    }
}
