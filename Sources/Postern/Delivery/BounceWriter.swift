import DeliveryPolicy
import EmailLog
import Foundation
import MIME
import MailModel

/// Writes delivery status notifications as `bounce` says: who they are from, which way they go, what they tell.
///
/// They have the null sender and want no report themselves, so that nothing ever answers them (RFC 5321 §6.1).
package struct BounceWriter: Sendable {
    /// What `client` says of them in the log.
    static let client = "bounce"

    private let from: Address?
    private let rules: ReceptionRules

    /// `nil` where nobody is to be told.
    init?(_ configuration: Configuration) {
        guard configuration.bounce.mode == .sender else { return nil }
        from = configuration.bounce.from
        rules = ReceptionRules(configuration)
    }

    /// None for what answers another message by itself, though it has a sender: a forwarder that hands reports in again
    /// would get one for each, for ever.
    func answers(_ failed: FailedMessage) -> Bool { !HeaderBlock(parsing: failed.head).isAutomaticReply }

    /// - Returns: `nil` where no route takes mail from `bounce.from`.
    func submission(for failed: FailedMessage, at now: Timestamp) -> Submission? {
        guard let lane = lane(for: failed) else { return nil }
        let sender = NamedAddress(displayName: "Mail Delivery System", address: from ?? lane.mailbox)
        let messageID = MissingFields.messageID(for: failed.reportID, host: rules.hostname)
        let notification = DeliveryStatusNotification(
            from: sender, to: failed.sender, hostname: rules.hostname, date: now, messageID: messageID,
            original: .init(failed), recipients: failed.recipients, failure: .init(failed))
        var random = SystemRandomNumberGenerator()
        return Submission(
            queueID: failed.reportID, createdDate: now, envelopes: [Envelope(sender: nil, recipients: [failed.sender])],
            route: lane.route, mailbox: lane.mailbox, headerFrom: "Mail Delivery System <\(sender.address)>",
            subject: DeliveryStatusNotification.subject, messageID: messageID, client: Self.client, wantsReport: false,
            body: .bytes(notification.build(using: &random)))
    }

    /// Exchange lets a mailbox send as itself whatever the routes say of senders; so without `from` it goes the way of the
    /// message that failed.
    private func lane(for failed: FailedMessage) -> LaneKey? {
        guard let from else { return LaneKey(route: failed.route, mailbox: failed.mailbox) }
        guard case .lane(let lane) = rules.route(headerFrom: from, envelopeSender: nil) else { return nil }
        return lane
    }
}

extension DeliveryStatusNotification.Original {
    fileprivate init(_ failed: FailedMessage) {
        self.init(
            id: failed.id, arrivalDate: failed.createdDate, subject: failed.subject, messageID: failed.messageID,
            head: failed.head)
    }
}

extension DeliveryStatusNotification.Failure {
    fileprivate init(_ failed: FailedMessage) {
        let answer = [failed.errorStatus.map(String.init), failed.errorCode, failed.errorText].compactMap(\.self)
        self.init(
            status: EnhancedStatusCode(failed), authority: Authority(failed),
            diagnostic: answer.joined(separator: " "), lastAttemptDate: failed.lastAttemptDate,
            isGivenUp: failed.isGivenUp)
    }
}

extension DeliveryStatusNotification.Failure.Authority {
    fileprivate init(_ failed: FailedMessage) {
        switch failed.path {
        case nil: self = .gateway
        // Without a status nobody has answered: what refused the message is our own.
        case .some where failed.errorStatus == nil: self = .gateway
        case .smtp: self = .smtp
        case .graph: self = .graph
        }
    }
}

extension EnhancedStatusCode {
    /// The far side's own; else "delivery time expired" or "undefined" (RFC 3463 §3.5, §3.1).
    fileprivate init(_ failed: FailedMessage) {
        let own = failed.errorCode.flatMap { EnhancedStatusCode($0) }.flatMap { $0.class == 2 ? nil : $0 }
        self = own ?? (failed.isGivenUp ? EnhancedStatusCode(4, 4, 7) : EnhancedStatusCode(5, 0, 0))
    }
}
