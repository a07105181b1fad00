package import DeliveryPolicy
package import MailModel

/// The `trial` section of a route, as configured.
package struct TrialSettings: Hashable, Sendable {
    package enum Mode: String, Hashable, Sendable, CaseIterable {
        /// The primary path delivers; the other is exercised besides, and delivers nothing.
        case shadow
        /// A share of the messages goes by the other path.
        case split
    }

    /// How Graph is exercised where SMTP delivers.
    package enum Shadow: Hashable, Sendable {
        /// The request is built and checked here, and not sent.
        case render
        /// It becomes a draft in the mailbox that is then deleted.
        case draft
        /// A copy goes to this address instead of the recipients.
        case redirect(Address)
    }

    /// Which share of the messages takes part.
    package enum Amount: Hashable, Sendable {
        case share(TrialShare)
        case ramp(TrialRamp)
    }

    package struct Rollback: Hashable, Sendable {
        package var rule: RollbackRule
        /// The share it goes back to.
        package var to = TrialShare.none
    }

    package var mode: Mode
    package var amount = Amount.share(.all)
    /// Of these messages.
    package var filter = TrialFilter()
    package var shadow = Shadow.render
    /// `nil`: by command alone.
    package var rollback: Rollback?
    /// By how much more often the trial arm may fail, 0 to 1.
    package var tolerance = TrialVerdict.standardTolerance
}
