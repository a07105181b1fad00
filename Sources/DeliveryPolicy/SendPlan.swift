package import MailModel

/// In which form a message is handed to Microsoft, decided before anything is sent.
///
/// Graph takes a MIME message as the base 64 of one request ("user: sendMail"). It has no envelope: whoever the headers
/// name receives the message, so a header that names others than the envelope cannot be expressed.
package enum SendPlan: Hashable, Sendable {
    /// What to do about headers that name people who are not in the envelope (`unrepresentable`).
    package enum Unrepresentable: String, Hashable, Sendable, CaseIterable { case fallback, rewrite, refuse }

    package struct Message: Hashable, Sendable {
        /// Octets of the raw message, added headers included.
        package var size: Int64
        package var recipients: Int
        /// A header names people who are not in the envelope.
        package var isUnrepresentable: Bool

        package init(size: Int64, recipients: Int, isUnrepresentable: Bool = false) {
            self.size = size
            self.recipients = recipients
            self.isUnrepresentable = isUnrepresentable
        }
    }

    package struct Policy: Hashable, Sendable {
        /// Octets of raw message that one request carries.
        package var mimeLimit: Int64
        package var recipientsPerMessage: Int
        package var unrepresentable: Unrepresentable

        package init(
            mimeLimit: Int64 = 2_200_000, recipientsPerMessage: Int = 500, unrepresentable: Unrepresentable = .fallback
        ) {
            self.mimeLimit = mimeLimit
            self.recipientsPerMessage = recipientsPerMessage
            self.unrepresentable = unrepresentable
        }
    }

    /// One sendMail request with the MIME message.
    /// - Parameter rewriteHeaders: To and Cc are reduced to the envelope.
    case mimeRequest(rewriteHeaders: Bool)
    /// No allowed form can carry it; says which setting would change that.
    case refuse(Refusal)

    package init(for message: Message, _ policy: Policy) {
        if message.recipients < 1 {
            self = .refuse(Self.refusal(.rejected, "The message has no recipients."))
        } else if message.recipients > policy.recipientsPerMessage {
            self = .refuse(Self.tooManyRecipients(message, policy))
        } else if message.size > policy.mimeLimit {
            self = .refuse(Self.tooLarge(message, policy))
        } else if message.isUnrepresentable, policy.unrepresentable != .rewrite {
            self = .refuse(Self.unrepresentable(policy))
        } else {
            self = .mimeRequest(rewriteHeaders: message.isUnrepresentable)
        }
    }

    private static func tooManyRecipients(_ message: Message, _ policy: Policy) -> Refusal {
        refusal(
            .rejected,
            "The message has \(message.recipients) recipients; `recipients_per_message` allows "
                + "\(policy.recipientsPerMessage). It was accepted under a higher limit: raise it again, or send it anew."
        )
    }

    private static func tooLarge(_ message: Message, _ policy: Policy) -> Refusal {
        refusal(
            .tooLarge,
            "The message has \(message.size) octets; one Graph request carries \(policy.mimeLimit) (`mime_limit`). Raise "
                + "`mime_limit`, to at most 3MB, or send less.")
    }

    private static func unrepresentable(_ policy: Policy) -> Refusal {
        let why =
            "A To, Cc or Bcc header names people who are not in the envelope, and Graph would send to them as well. "
        return switch policy.unrepresentable {
        case .refuse: refusal(.unrepresentable, why + "`unrepresentable: refuse` refuses such mail.")
        case .fallback, .rewrite:
            refusal(.unrepresentable, why + "There is no other path to fall back to: set `unrepresentable: rewrite`.")
        }
    }

    private static func refusal(_ cause: Refusal.Cause, _ text: String) -> Refusal {
        Refusal(scope: .message, cause: cause, text: text)
    }
}
