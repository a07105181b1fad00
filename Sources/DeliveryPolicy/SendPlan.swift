package import MailModel

/// In which form the Graph path hands a message to Microsoft, decided before anything is sent.
///
/// Graph takes a MIME message as the base 64 of one request ("user: sendMail"). It has no envelope: whoever the headers
/// name receives the message, so a header that names others than the envelope cannot be expressed.
package enum SendPlan: Hashable, Sendable {
    /// What to do about headers that name people who are not in the envelope (`unrepresentable`).
    package enum Unrepresentable: String, Hashable, Sendable, CaseIterable { case fallback, rewrite, refuse }

    /// What to do about a message above `mimeLimit` (`large`).
    package enum Large: String, Hashable, Sendable, CaseIterable {
        /// By SMTP where the route has it, else by upload.
        case auto
        case smtp
        /// As a draft whose attachments follow one by one, where the message can be taken apart; else by SMTP.
        case upload
        case refuse
    }

    package struct Message: Hashable, Sendable {
        /// Octets of the raw message, added headers included.
        package var size: Int64
        package var recipients: Int
        /// A header names people who are not in the envelope.
        package var isUnrepresentable: Bool
        /// Why it cannot be taken apart for a draft, in a sentence; `nil` where it can, or as far as one has looked.
        package var indecomposable: String?

        package init(size: Int64, recipients: Int, isUnrepresentable: Bool = false, indecomposable: String? = nil) {
            self.size = size
            self.recipients = recipients
            self.isUnrepresentable = isUnrepresentable
            self.indecomposable = indecomposable
        }
    }

    package struct Policy: Hashable, Sendable {
        /// Octets of raw message that one request carries.
        package var mimeLimit: Int64
        package var recipientsPerMessage: Int
        package var unrepresentable: Unrepresentable
        package var large: Large
        /// The message may go by SMTP: the route has that path, and the message is not pinned to Graph.
        package var hasSMTP: Bool
        /// `fallback.on` holds `unrepresentable`.
        package var fallsBackUnrepresentable: Bool

        package init(
            mimeLimit: Int64 = 2_200_000, recipientsPerMessage: Int = 500, unrepresentable: Unrepresentable = .fallback,
            large: Large = .auto, hasSMTP: Bool = false, fallsBackUnrepresentable: Bool = true
        ) {
            self.mimeLimit = mimeLimit
            self.recipientsPerMessage = recipientsPerMessage
            self.unrepresentable = unrepresentable
            self.large = large
            self.hasSMTP = hasSMTP
            self.fallsBackUnrepresentable = fallsBackUnrepresentable
        }

        /// As it holds for one message.
        ///
        /// - Parameters:
        ///   - isPart: the message is one of several that its recipients were split into. Each names the people of the
        ///     others, and there is no other way to express that.
        ///   - via: the only path it may take.
        package func holding(isPart: Bool, via: Path?) -> Policy {
            var policy = self
            if isPart { policy.unrepresentable = .rewrite }
            if via == .graph { policy.hasSMTP = false }
            return policy
        }

        /// The size above which a message that goes by Graph goes by upload; `nil`: none does.
        package var uploadsAbove: Int64? {
            switch large {
            case .auto, .upload: mimeLimit
            case .smtp, .refuse: nil
            }
        }
    }

    /// One sendMail request with the MIME message.
    /// - Parameter rewriteHeaders: To and Cc are reduced to the envelope.
    case mimeRequest(rewriteHeaders: Bool)
    /// A draft of Graph's message resource, then its attachments, in place or by upload sessions, then `send`.
    case upload(rewriteHeaders: Bool)
    /// Graph does not take it, SMTP does: from now on the row is pinned there. Says why; nothing was sent.
    case smtp(Refusal)
    /// No allowed form can carry it; says which setting would change that.
    case refuse(Refusal)

    package init(for message: Message, _ policy: Policy) {
        if message.recipients < 1 {
            self = .refuse(Self.refusal(.rejected, "The message has no recipients."))
        } else if message.recipients > policy.recipientsPerMessage {
            self = .refuse(Self.tooManyRecipients(message, policy))
        } else if message.size > policy.mimeLimit {
            self = Self.plan(forLarge: message, policy)
        } else if message.isUnrepresentable {
            self = Self.planForUnrepresentable(policy)
        } else {
            self = .mimeRequest(rewriteHeaders: false)
        }
    }

    private static func plan(forLarge message: Message, _ policy: Policy) -> SendPlan {
        let why =
            "The message has \(message.size) octets; one Graph request carries \(policy.mimeLimit) (`mime_limit`). "
        func bySMTP(_ text: String) -> SendPlan { .smtp(refusal(.tooLarge, why + text)) }
        func refuse(_ text: String) -> SendPlan { .refuse(refusal(.tooLarge, why + text)) }
        let raise = "raise `mime_limit`, to at most 3MB, or send less."
        switch policy.large {
        case .auto where policy.hasSMTP, .smtp where policy.hasSMTP: return bySMTP("It goes by SMTP.")
        case .auto, .upload:
            guard let obstacle = message.indecomposable else { return planForUpload(message, policy) }
            let cannot = "It cannot go as a draft: \(obstacle) "
            return policy.hasSMTP
                ? bySMTP(cannot + "It goes by SMTP.")
                : refuse(cannot + "SMTP is not open to it: add an `smtp:` section to the route, \(raise)")
        case .smtp: return refuse("SMTP is not open to it: add an `smtp:` section to the route, \(raise)")
        case .refuse: return refuse("`large: refuse` refuses it: set `large: auto`, \(raise)")
        }
    }

    /// A draft has no envelope either.
    private static func planForUpload(_ message: Message, _ policy: Policy) -> SendPlan {
        guard message.isUnrepresentable else { return .upload(rewriteHeaders: false) }
        let plan = planForUnrepresentable(policy)
        return if case .mimeRequest(let isRewritten) = plan { .upload(rewriteHeaders: isRewritten) } else { plan }
    }

    private static func planForUnrepresentable(_ policy: Policy) -> SendPlan {
        let why =
            "A To, Cc or Bcc header names people who are not in the envelope, and Graph would send to them as well. "
        let orRewrite = "or set `unrepresentable: rewrite`."
        func refuse(_ text: String) -> SendPlan { .refuse(refusal(.unrepresentable, why + text)) }
        return switch policy.unrepresentable {
        case .rewrite: .mimeRequest(rewriteHeaders: true)
        case .refuse:
            refuse(
                "`unrepresentable: refuse` refuses such mail: set `unrepresentable: fallback` with an `smtp:` section on "
                    + "the route, \(orRewrite)")
        case .fallback where !policy.hasSMTP:
            refuse("SMTP, which would not, is not open to it: add an `smtp:` section to the route, \(orRewrite)")
        case .fallback where !policy.fallsBackUnrepresentable:
            refuse("`fallback.on` keeps it from SMTP, which would not: add `unrepresentable` there, \(orRewrite)")
        case .fallback: .smtp(refusal(.unrepresentable, why + "It goes by SMTP, which does not."))
        }
    }

    private static func tooManyRecipients(_ message: Message, _ policy: Policy) -> Refusal {
        refusal(
            .rejected,
            "The message has \(message.recipients) recipients; `recipients_per_message` allows "
                + "\(policy.recipientsPerMessage). It was accepted under a higher limit: raise it again, or send it anew."
        )
    }

    private static func refusal(_ cause: Refusal.Cause, _ text: String) -> Refusal {
        Refusal(scope: .message, cause: cause, text: text)
    }
}
