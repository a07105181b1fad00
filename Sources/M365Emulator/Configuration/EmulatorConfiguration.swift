import FoundationEssentials

/// Everything the emulator can be told, with the published limits and a demo tenant as defaults. The reference of all keys
/// is `docs/EMULATOR.md`.
package struct EmulatorConfiguration: Settings {
    package var tenants: [Tenant] = [.demo]
    package var limits = PublishedLimits()
    package var tokens = TokenSettings()
    package var graph = GraphSettings()
    package var smtp = SMTPSettings()
    package var clock = ClockSettings()
    /// For ids and chances; 0 takes another one at each start.
    package var seed = 0

    package init() {}

    package static var elements: [String: any Settings.Type] {
        [
            "tenants": Tenant.self, "limits": PublishedLimits.self, "tokens": TokenSettings.self,
            "graph": GraphSettings.self, "smtp": SMTPSettings.self, "clock": ClockSettings.self,
        ]
    }

    /// The defaults, changed by what the JSON text names.
    /// - Throws: `SettingsError`, or `DecodingError` where the text is no JSON.
    package init(json: [UInt8]) throws { self = try EmulatorConfiguration().changed(by: JSONValue(parsing: json)) }

    package init(contentsOf path: String) throws {
        try self.init(json: Array(Data(contentsOf: URL(fileURLWithPath: path))))
    }
}

/// Microsoft's limits as published; 0 switches one off.
package struct PublishedLimits: Settings {
    /// Requests at a time per app and mailbox (`MailboxConcurrency`).
    package var concurrency = 4
    /// Requests per app and mailbox in `requestWindow` seconds.
    package var requests = 10_000
    package var requestWindow = 600.0
    /// Bytes of request bodies per app and mailbox in `uploadWindow` seconds (`IncomingBytes`).
    package var uploadBytes = 150_000_000
    package var uploadWindow = 300.0
    /// Bytes of one request's body.
    package var requestBytes = 4_000_000
    /// Messages a minute per mailbox; more are delayed, not refused.
    package var messagesPerMinute = 30
    package var recipientsPerMessage = 500
    /// Recipients in 24 hours per mailbox; more come back as a report to the Inbox, or as 554 by SMTP.
    package var recipientsPerDay = 10_000
    /// Submissions at a time per mailbox by SMTP.
    package var smtpSubmissions = 3
    /// Bytes of a message as submitted.
    package var messageBytes = 35_000_000

    package init() {}
}

package struct TokenSettings: Settings {
    /// Seconds; each token lives a random time between the two.
    package var minimumLifetime = 3600
    package var maximumLifetime = 5400
    /// Seconds given as `refresh_in`; 0 leaves it out.
    package var refreshIn = 0
    /// Seconds an answer takes.
    package var latency = 0.0
    /// Seconds by which a client's clock may be wrong.
    package var clockSkew = 300

    package init() {}
}

package struct ClockSettings: Settings {
    /// Seconds the emulator's date and time are ahead of the machine's: in all it shows, issues and checks.
    package var offset = 0.0

    package init() {}
}

package struct GraphSettings: Settings {
    package enum RetryAfterForm: String, Codable, Sendable, CaseIterable { case integer, decimal, date, absent, cycle }
    package enum OversizeAnswer: String, Codable, Sendable, CaseIterable {
        /// 413 with Graph's JSON.
        case contentTooLarge = "413"
        /// 413 with an HTML page, as front ends send it.
        case html = "413-html"
        /// 400 `BadRequest`, `The maximum request length supported is 4MB.`
        case badRequest = "400"
        /// 200, and nothing is sent.
        case silent = "200"
    }
    package enum FromPolicy: String, Codable, Sendable, CaseIterable {
        /// 403 `ErrorSendAsDenied` for a From that the mailbox may not send as.
        case verify
        /// The From of a MIME message is replaced by the mailbox's own address.
        case replace
    }

    /// Seconds an answer takes.
    package var latency = 0.1
    package var retryAfter = RetryAfterForm.integer
    /// Seconds, for a refusal that no window's end explains (`MailboxConcurrency`).
    package var concurrencyRetryAfter = 10.0
    /// Seconds until a sent message shows in Sent Items.
    package var sentItemsDelay = 0.5
    package var oversize = OversizeAnswer.contentTooLarge
    package var mimeFrom = FromPolicy.verify
    /// A request within so many seconds behind a refusal is not counted as early: it may have been on its way.
    package var earlyTolerance = 0.25
    /// The host in `uploadUrl`; empty: the one the request came to.
    package var uploadHost = ""
    /// Seconds until an upload session ends, however busy it is.
    package var uploadLifetime = 3600.0

    package init() {}
}

package struct SMTPSettings: Settings {
    package enum Stage: String, Codable, Sendable, CaseIterable { case connect, auth, data }
    package enum Wording: String, Codable, Sendable, CaseIterable { case older, newer, alternate }

    package enum SenderCheck: String, Codable, Sendable, CaseIterable { case mail, data }

    /// How the host names itself.
    package var hostname = "EMU0PR01CA0001.outlook.office365.com"
    /// Seconds between the final dot and its answer.
    package var latency = 0.3
    /// When a submission above `limits.smtpSubmissions` is refused.
    package var refuseAt = Stage.data
    package var refusalWording = Wording.newer
    /// Messages above `limits.messagesPerMinute` are refused instead of delayed.
    package var refusesAboveRate = false
    package var replacesMessageID = false
    /// Where an envelope sender is refused that the mailbox may not send as.
    package var senderRefusedAt = SenderCheck.data
    package var offersSTARTTLS = true
    /// AUTH is offered without TLS: for old applications in a demo.
    package var allowsPlaintextAuth = false
    /// Mail is taken without AUTH; the mailbox is then the envelope sender.
    package var allowsAnonymous = false
    /// Answers to RCPT, by pattern.
    package var recipientRefusals: [RecipientRefusal] = []

    package init() {}
    package static var elements: [String: any Settings.Type] { ["recipientRefusals": RecipientRefusal.self] }
}

package struct RecipientRefusal: Settings {
    /// An address, `*@domain`, `*@*.domain` or `*`.
    package var recipient = "*"
    package var reply = "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"

    package init() {}
}
