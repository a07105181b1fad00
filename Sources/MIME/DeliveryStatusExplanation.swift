// The part of a delivery report that people read (RFC 6522 §3, first part).

import MailModel

extension DeliveryStatusNotification {
    /// The recipients that are named to people; programs are told all.
    private static let namedRecipients = 50
    private static let longestText = 2000

    /// What happened, to whom, in whose words, and what to do.
    var explanation: String {
        """
        This is the mail gateway at \(hostname).

        \(failure.isGivenUp ? "It has given up trying to deliver your message" : "Your message could not be delivered") to:

        \(recipientLines)

        Subject:  \(Self.line(original.subject ?? ""))
        Accepted: \(original.arrivalDate) UTC
        Queue id: \(original.id)

        \(failure.authority.introduction)

            \(Self.line(failure.diagnostic))

        \(advice) Nothing further will be attempted.

        Whoever runs \(hostname) sees every attempt with: postern log show \(original.id)

        """
    }

    private var recipientLines: String {
        let hidden = recipients.count - Self.namedRecipients
        let lines = recipients.prefix(Self.namedRecipients).map { "    \($0)" }
        return (lines + (hidden > 0 ? ["    and \(hidden) more, in the report below"] : [])).joined(separator: "\n")
    }

    private var advice: String {
        if failure.isGivenUp {
            "The message itself was not refused. Send it again later, or ask whoever runs \(hostname)."
        } else {
            "Mend what the answer names, such as a recipient's address or the size of the message, then send it again."
        }
    }

    /// A text of someone else's, on one line.
    private static func line(_ text: String) -> String {
        let flat = text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : String($0) }.joined()
        return flat.unicodeScalars.count > longestText
            ? String(String.UnicodeScalarView(flat.unicodeScalars.prefix(longestText))) + "..." : flat
    }
}

extension DeliveryStatusNotification.Failure.Authority {
    fileprivate var introduction: String {
        switch self {
        case .smtp: "The last answer of Microsoft's mail server was:"
        case .graph: "The last answer of Microsoft Graph was:"
        case .gateway: "The gateway's reason is:"
        }
    }
}
