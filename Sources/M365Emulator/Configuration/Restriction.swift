import MailModel
import SMTPProtocol

/// Exchange's refusals that rest on a sender's or a tenant's standing (Email non-delivery reports and SMTP errors in
/// Exchange Online). By SMTP they answer the final dot; of a Graph message they are reported to the Inbox behind its 202.
package enum Restriction: String, Codable, Sendable, CaseIterable {
    case none
    // Of a mailbox
    case submissionQuota, dailyRecipients, outboundSpam
    // Of a tenant
    case underEvaluation, bannedSender, threshold, untrustedAddress, externalRecipients, trialExternalRecipients

    var reply: Reply? {
        switch self {
        case .none: nil
        case .submissionQuota: ExchangeReplies.recipientQuota
        case .dailyRecipients: ExchangeReplies.dailyRecipients
        case .outboundSpam: Reply(550, .init(5, 1, 8), "Access denied, bad outbound sender AS(42004)")
        case .underEvaluation: Reply(451, .init(4, 7, 500), "Access denied, please try again later")
        case .bannedSender: Reply(550, .init(5, 7, 503), "Access denied, banned sender")
        case .threshold: Reply(550, .init(5, 7, 705), "Access denied, tenant has exceeded threshold")
        case .untrustedAddress: Reply(550, .init(5, 7, 708), "Access denied, traffic not accepted from this IP")
        case .externalRecipients: Self.tenantLimit(233, "your tenant exceeded")
        case .trialExternalRecipients: Self.tenantLimit(232, "your trial tenant has exceeded")
        }
    }

    private static func tenantLimit(_ detail: Int, _ who: String) -> Reply {
        Reply(
            550, .init(5, 7, detail),
            "Your message can't be sent because \(who) its daily limit for sending email to external recipients (tenant "
                + "external recipient rate limit)")
    }
}
