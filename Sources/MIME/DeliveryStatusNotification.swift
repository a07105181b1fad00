// Tells a sender that a message was not delivered: a multipart/report (RFC 6522) of a text for people, the delivery status
// for programs (RFC 3464), and the header of the message (text/rfc822-headers).

package import MailModel

/// The report that one message failed for good, for all of these recipients alike.
///
/// It is pure: nothing in it is looked up, and no text of the far side's or of the message's can start a field of its own.
package struct DeliveryStatusNotification: Sendable {
    package var from: NamedAddress
    /// The envelope sender of the message that failed.
    package var to: Address
    /// Of this machine.
    package var hostname: String
    package var date: Timestamp
    /// With its angle brackets.
    package var messageID: String
    package var original: Original
    /// At least one.
    package var recipients: [Address]
    package var failure: Failure

    package init(
        from: NamedAddress, to: Address, hostname: String, date: Timestamp, messageID: String, original: Original,
        recipients: [Address], failure: Failure
    ) {
        self.from = from
        self.to = to
        self.hostname = hostname
        self.date = date
        self.messageID = messageID
        self.original = original
        self.recipients = recipients
        self.failure = failure
    }

    package static let subject = "Undelivered Mail Returned to Sender"

    /// The whole message with CRLF line ends; ASCII alone, unless `from` or `to` needs UTF-8.
    package func build(using random: inout some RandomNumberGenerator) -> [UInt8] {
        var bytes = AddressListWriter.field("From", [from])
        bytes += AddressListWriter.field("To", [NamedAddress(address: to)])
        for (name, value) in fields { bytes += FieldWriter.unstructured(name, value) }
        return bytes
            + BodyPart.multipart(
                "report",
                [
                    BodyPart.text(explanation, subtype: "plain"), DeliveryStatus.part(of: self),
                    OriginalHeader.part(of: original),
                ], parameters: ["report-type=delivery-status"], using: &random)
    }

    private var fields: [(String, String)] {
        let thread = original.messageID.map { [("In-Reply-To", $0), ("References", $0)] } ?? []
        return [("Subject", Self.subject), ("Date", MailDate.format(date)), ("Message-ID", messageID)] + thread
            + [
                // RFC 3834 §5, and Exchange's own word for it: nobody's responder is to answer.
                ("Auto-Submitted", "auto-replied"), ("X-Auto-Response-Suppress", "All"), ("MIME-Version", "1.0"),
            ]
    }
}

extension DeliveryStatusNotification {
    /// The message that failed.
    package struct Original: Hashable, Sendable {
        package var id: QueueID
        /// When it was accepted.
        package var arrivalDate: Timestamp
        /// Decoded.
        package var subject: String?
        package var messageID: String?
        /// The beginning of the message; what is returned of it is the header alone.
        package var head: [UInt8]

        package init(id: QueueID, arrivalDate: Timestamp, subject: String?, messageID: String?, head: [UInt8]) {
            self.id = id
            self.arrivalDate = arrivalDate
            self.subject = subject
            self.messageID = messageID
            self.head = head
        }
    }

    package struct Failure: Hashable, Sendable {
        /// Who gave the last answer.
        package enum Authority: Hashable, Sendable {
            /// By SMTP.
            case smtp
            /// By Microsoft Graph.
            case graph
            /// This gateway, without asking anybody.
            case gateway
        }

        package var status: EnhancedStatusCode
        package var authority: Authority
        /// The last answer as it came: `550 5.1.10 Recipient not found`.
        package var diagnostic: String
        /// `nil` where nothing was attempted.
        package var lastAttemptDate: Timestamp?
        /// Nobody refused it: its time was over.
        package var isGivenUp: Bool

        package init(
            status: EnhancedStatusCode, authority: Authority, diagnostic: String, lastAttemptDate: Timestamp?,
            isGivenUp: Bool
        ) {
            self.status = status
            self.authority = authority
            self.diagnostic = diagnostic
            self.lastAttemptDate = lastAttemptDate
            self.isGivenUp = isGivenUp
        }
    }
}
