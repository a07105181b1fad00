import MailModel

/// What a volume of mail is held against. The defaults are those of a route: "Exchange Online limits" for messages and
/// recipients, "Microsoft Graph service-specific throttling limits" for requests and uploads, and 2.2 MB of raw message as
/// what one sendMail request carries for certain.
package struct VolumeLimits: Hashable, Sendable {
    package var mailbox = LaneLimits()
    package var recipientsPerMessage = 500
    /// Octets of the raw message.
    package var mimeLimit: Int64 = 2_200_000

    package init() {}

    /// What neither one request nor an upload carries goes by SMTP, which shares the limits of Exchange.
    func path(ofSize size: Int64) -> Path { size > mimeLimit && mailbox.uploadsAbove == nil ? .smtp : .graph }
}
