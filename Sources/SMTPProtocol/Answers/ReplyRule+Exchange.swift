// What Exchange Online's refusals mean ("Email non-delivery reports in Exchange Online", "Set up a multifunction device or
// application to send email", "Troubleshoot errors in SMTP client submission", "Authenticate an IMAP, POP or SMTP connection
// using OAuth", and replies reported from the live service). A 5yz is not always final here: quotas pass by themselves, and
// bans and switches wait for an operator. Codes are looked at first, words where one code stands for several things.

import MailModel

extension ReplyRule {
    static let exchange: [ReplyRule] = limits + access + quotas + bans + faults

    /// Temporary, and in need of nobody.
    private static let limits: [ReplyRule] = [
        // RFC 3463 §3.4: a system that shuts down says 4.3.2, too.
        .init(
            [.init(4, 3, 2)], codes: 421...421,
            words: ["shutting down", "not available", "not active", "not accepting"], .deferred, .route, .unavailable),
        // More than 3 submissions of a mailbox at once, or 30 messages a minute.
        .init([.init(4, 3, 2)], .deferred, .mailbox, .throttled),
        .init(
            words: ["concurrent connections limit exceeded", "sender thread limit exceeded"], .deferred, .mailbox,
            .throttled),
        // More than 200 recipients of one domain, or more than the server takes at once: the rest goes by itself.
        .init(
            [.init(4, 5, 3)], .deferred, .message, .unavailable,
            advice: "Lower `recipients_per_message`: the server takes fewer recipients of a message."),
        // Activity that looks suspicious is being looked at; this takes hours.
        .init([.init(4, 7, 500...699), .init(4, 7, 850...899)], .deferred, .route, .throttled),
        // Known from reports about onward delivery: the message was taken, then stuck.
        .init(
            [.init(4, 4, 7), .init(4, 4, 316...317), .init(4, 7, 320...329)], .deferred, .message, .unavailable),
        // A front end does not reach the mailbox's server.
        .init([.init(4, 7, 0)], words: ["prx", "temporary server error"], .deferred, .route, .unavailable),
    ]

    private static let access: [ReplyRule] = [
        // A 4yz that no waiting helps.
        .init(
            words: ["mailbox logon failure", "mapiexceptionlogonfailed"], .deferred, .mailbox, .unauthorized,
            advice: "The application may not open this mailbox. Run `Add-MailboxPermission -Identity <mailbox> -User "
                + "<service principal> -AccessRights FullAccess` in Exchange Online PowerShell."),
        .init(
            [.init(5, 7, 57)], .deferred, .route, .unauthorized,
            advice: "The server takes mail only after AUTH. Set `auth: xoauth2` in the route's `smtp`."),
        .init(
            words: ["client was not authenticated", "client not authenticated"], .deferred, .route, .unauthorized,
            advice: "The server takes mail only after AUTH. Set `auth: xoauth2` in the route's `smtp`."),
        .init(
            [.init(5, 7, 3)], at: [.authentication], .unauthenticated, .mailbox, .unauthorized,
            advice:
                "Grant the application SMTP.SendAsApp of Office 365 Exchange Online with an administrator's consent, "
                + "register it with `New-ServicePrincipal -AppId <client id> -ObjectId <object id of the enterprise "
                + "application>`, then run `Add-MailboxPermission -Identity <mailbox> -User <service principal> "
                + "-AccessRights FullAccess`; see that the mailbox exists and has a licence."),
        .init(
            [.init(5, 7, 139)], words: ["disabled for the tenant"], .deferred, .route, .unauthorized,
            advice:
                "SMTP AUTH is off for the tenant. Allow it for one mailbox with `Set-CASMailbox -Identity <mailbox> "
                + "-SmtpClientAuthenticationDisabled $false`, or for all with `Set-TransportConfig "
                + "-SmtpClientAuthenticationDisabled $false`."),
        .init(
            [.init(5, 7, 139)], words: ["disabled for the mailbox"], .deferred, .mailbox, .unauthorized,
            advice: "SMTP AUTH is off for this mailbox. Run `Set-CASMailbox -Identity <mailbox> "
                + "-SmtpClientAuthenticationDisabled $false`."),
        .init(
            [.init(5, 7, 139)], words: ["basic authentication is disabled"], .deferred, .route, .unauthorized,
            advice: "The tenant takes no passwords for SMTP. Set `auth: xoauth2` in the route's `smtp`."),
        .init(
            [.init(5, 7, 139)], words: ["security defaults"], .deferred, .route, .unauthorized,
            advice: "The tenant's security defaults forbid passwords. Set `auth: xoauth2` in the route's `smtp`."),
        // A password is one for the whole route.
        .init(
            [.init(5, 7, 139)], words: ["credentials were incorrect"], .deferred, .route, .unauthorized,
            advice: "Correct `username` and `password` in the route's `smtp`, or set `auth: xoauth2`."),
        .init(
            [.init(5, 7, 139)], words: ["federated sts"], .deferred, .route, .unauthorized,
            advice: "The identity provider of the federated domain does not answer as it should. Mend it, or set "
                + "`auth: xoauth2` in the route's `smtp`, which does not ask it."),
        .init(
            [.init(5, 7, 139)], .deferred, .mailbox, .unauthorized,
            advice: "A policy forbids this sign-in. Look for it in Entra's sign-in logs: Conditional Access, or an "
                + "authentication policy of the user (`Get-AuthenticationPolicy`)."),
        .init(
            [.init(5, 7, 30)], .deferred, .route, .unauthorized,
            advice: "Exchange takes no passwords for SMTP any more. Set `auth: xoauth2` in the route's `smtp`."),
        .init(
            words: ["sendasdenied"], .rejected, .message, .rejected, advice: sendAs),
        .init([.init(5, 2, 252), .init(5, 7, 60)], .rejected, .message, .rejected, advice: sendAs),
    ]

    private static let sendAs =
        "Grant the mailbox Send As on the From address (`Add-RecipientPermission -Identity <From address> -Trustee "
        + "<mailbox> -AccessRights SendAs`), or route that address to its own mailbox."

    /// Formally permanent, in effect over within a day; a full mailbox stays full until somebody empties it.
    private static let quotas: [ReplyRule] = [
        .init(
            words: ["submissionquotaexceeded", "submission quota exceeded"], .deferred, .mailbox, .quota,
            advice: recipientRate),
        .init([.init(5, 1, 90)], .deferred, .mailbox, .quota, advice: recipientRate),
        .init(
            [.init(5, 7, 232...233)], .deferred, .route, .quota,
            advice:
                "The tenant has reached its daily number of external recipients; `Get-LimitsEnforcementStatus` shows "
                + "it. Set `external_recipients` of the route below it."),
        .init(
            [.init(5, 7, 236)], .deferred, .mailbox, .quota,
            advice:
                "Send from a domain of your own: addresses at onmicrosoft.com may write to 100 external recipients a "
                + "day."),
        .init(
            words: ["mapiexceptionshutoffquotaexceeded", "mapiexceptionquotaexceeded", "quotaexceededexception"],
            .deferred, .mailbox, .misconfigured, advice: fullMailbox),
        .init(
            [.init(5, 2, 2)], codes: 554...554, words: ["mailbox full"], at: [.data, .endOfData], .deferred, .mailbox,
            .misconfigured, advice: fullMailbox),
        // The recipient gets too much at once.
        .init([.init(5, 2, 121...122)], .deferred, .message, .throttled),
    ]

    private static let recipientRate =
        "The mailbox has reached its daily number of recipients. Set `recipients_per_mailbox` below it, or send from "
        + "several mailboxes."
    private static let fullMailbox =
        "The mailbox is full. Empty Sent Items, set a retention policy, or raise its quota."

    private static let bans: [ReplyRule] = [
        // Other servers say 5.1.8 of a sender's domain that does not exist.
        .init(
            [.init(5, 1, 8)], words: ["access denied", "outbound"], .deferred, .mailbox, .misconfigured,
            advice:
                "Microsoft has blocked this mailbox for spam. Find out who sent it, then unblock the mailbox in the "
                + "Defender portal under restricted entities."),
        .init(
            [.init(5, 7, 501...503), .init(5, 7, 511), .init(5, 7, 800)], .deferred, .mailbox, .misconfigured,
            advice: "Microsoft has banned this sender for spam. Find out who sent it, then ask Microsoft's support or "
                + "delist@microsoft.com to lift the ban."),
        .init(
            [.init(5, 7, 606...649)], .deferred, .route, .misconfigured,
            advice: "Microsoft has banned this host's address. Ask for its removal at https://sender.office.com."),
        .init(
            [.init(5, 7, 705)], .deferred, .route, .misconfigured,
            advice: "Microsoft has stopped the tenant for its spam or its volume. Find accounts taken over, then ask "
                + "Microsoft's support to lift the ban."),
        .init(
            [.init(5, 7, 708)], .deferred, .route, .misconfigured,
            advice:
                "Microsoft does not trust the tenant yet with mail from this address, as with new and trial tenants. "
                + "Ask Microsoft's support."),
        // Other senders are not touched.
        .init(
            [.init(5, 7, 750)], .deferred, .message, .misconfigured,
            advice: "Add the From address's domain to the tenant's accepted domains; if it is there, ask Microsoft's "
                + "support to unblock the tenant."),
    ]

    /// The message's own, and its recipients'.
    private static let faults: [ReplyRule] = [
        .init(
            words: ["mapiexceptionmaxsubmissionexceeded", "messagesubmissionexceeded"], .rejected, .message, .rejected,
            advice: "Raise the mailbox's MaxSendSize in Exchange, or send less."),
        .init(
            [.init(5, 5, 3)], at: [.data, .endOfData], .rejected, .message, .rejected,
            advice: "Lower `recipients_per_message`, or raise the mailbox's RecipientLimits."),
        .init(
            [.init(5, 1, 20)], .rejected, .message, .rejected,
            advice: "The message has several From addresses and so needs a Sender header."),
        // Bare CR or LF, of which none leaves here.
        .init([.init(5, 6, 11)], .rejected, .message, .malfunction),
        .init(
            [.init(5, 7, 512)], .rejected, .message, .rejected,
            advice: "The message needs exactly one From header with a valid address."),
        .init(
            [.init(5, 7, 703)], .rejected, .message, .rejected,
            advice: "The recipient is on the organisation's own Tenant Allow/Block List in the Defender portal."),
        .init([.init(5, 1, 1), .init(5, 1, 10), .init(5, 4, 1)], .rejected, .message, .rejected),
    ]
}
