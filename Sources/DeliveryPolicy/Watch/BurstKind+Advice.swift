// What each shape of failure means and what an operator can set, by Microsoft's published limits: "Outlook service limits"
// of "Microsoft Graph service-specific throttling limits", "Exchange Online limits", and "How to set up a multifunction
// device or application to send email" for SMTP AUTH submission.

package import MailModel

extension BurstKind {
    /// What it is, in a sentence or two.
    package var meaning: String {
        switch self {
        case .concurrency:
            "More connections or requests at once than Microsoft serves for one mailbox: 3 connections by SMTP, 4 "
                + "requests of an application by Graph. It turned the others away for the moment; nothing of theirs was sent."
        case .rate:
            "More in a time than Microsoft takes for one mailbox: 10,000 requests of an application in 10 minutes by Graph, "
                + "30 messages in a minute in Exchange. Requests made while throttled count too."
        case .upload:
            "More octets in a time than Graph takes for one mailbox: 150 MB of an application's requests in 5 minutes."
        case .quota:
            "A quota is used up: Exchange lets a mailbox address 10,000 recipients in any 24 hours, and a tenant a number of "
                + "external ones that depends on its licences. It is free again as the oldest fall out of the 24 hours."
        case .outage:
            "Microsoft's service or the network on the way to it failed, was overloaded, or did not answer."
        case .credentials:
            "The application's token or its permission on the mailbox was refused. Only an operator can mend that; the mail "
                + "waits for it."
        case .blocked:
            "Microsoft does not let the mailbox or the tenant send: the mailbox is full, missing, without a licence or "
                + "restricted, or the tenant is held back. Only an operator can mend that."
        case .refused:
            "Refused for good, all with the same code. Sent again as they are, they would be refused again."
        case .lostAnswers:
            "The messages were handed over and no clear answer came: each may or may not have been sent."
        case .other:
            "Put off, all with the same code, for a reason that is none of the others."
        }
    }

    /// The setting that would have prevented it, or what mends it.
    package func advice(on path: Path) -> String {
        switch self {
        case .concurrency: Self.concurrencyAdvice(path)
        case .rate: Self.rateAdvice(path)
        case .upload:
            "Lower `graph.limits.upload_per_mailbox`, where something else uses the same application on this mailbox."
        case .quota:
            "Set `limits.recipients_per_mailbox` to what other senders leave of the mailbox's quota, or spread the mail over "
                + "more mailboxes with `mailboxes`. `Get-LimitsEnforcementStatus` in Exchange PowerShell shows the tenant's."
        case .outage: Self.outageAdvice(path)
        case .credentials: "`postern check` names what is refused, and the next step."
        case .blocked:
            "Read the error and the mailbox's Inbox; look at the mailbox in the Exchange admin center, and under restricted "
                + "entities in the Defender portal."
        case .refused:
            "`postern log show ID` has Microsoft's words. Mend what they name, then `postern resend --status F`."
        case .lostAnswers:
            "`on_unknown` says what follows: `retry` risks a second copy, `hold` leaves it to you. Look into Sent Items "
                + "before you resend any."
        case .other: "`postern log show ID` has the words; `postern check` may name the cause."
        }
    }

    private static func concurrencyAdvice(_ path: Path) -> String {
        switch path {
        case .smtp:
            "`smtp.connections` is the most that Postern opens for a mailbox: keep it at 3 or fewer. Where it is, something "
                + "outside Postern sends through this mailbox too: let it hand its mail to Postern, or lower "
                + "`smtp.connections`."
        case .graph:
            "`graph.limits.concurrency_per_mailbox` is the most that Postern asks at once: keep it at 3. Where it is, "
                + "something outside Postern uses the same application on this mailbox: let it hand its mail to Postern, or "
                + "lower the setting."
        }
    }

    private static func rateAdvice(_ path: Path) -> String {
        switch path {
        case .smtp:
            "Lower `limits.messages_per_mailbox`, where something outside Postern sends through this mailbox too."
        case .graph:
            "Lower `graph.limits.requests_per_mailbox` and `limits.messages_per_mailbox`, where something outside Postern "
                + "uses the same application or mailbox."
        }
    }

    private static func outageAdvice(_ path: Path) -> String {
        let other = path == .graph ? "SMTP" : "Graph"
        return
            "It is tried again by itself. `fallback` lets mail go by \(other) for the time; `postern check` tells which "
            + "step of the way fails."
    }
}
