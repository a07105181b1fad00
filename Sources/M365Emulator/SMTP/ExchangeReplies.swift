import MailModel
import SMTPProtocol

/// Exchange Online's words on the submission port, as published and as seen.
enum ExchangeReplies {
    static func unauthenticated(_ host: String) -> Reply {
        Reply(530, .init(5, 7, 57), "Client not authenticated to send mail. [\(host)]")
    }
    static func unsuccessful(_ host: String) -> Reply {
        Reply(535, .init(5, 7, 3), "Authentication unsuccessful [\(host)]")
    }
    static func wrongPassword(_ host: String) -> Reply {
        refused("the user credentials were incorrect. [\(host)]")
    }
    static let basicDisabled = refused("basic authentication is disabled.")
    static let basicRetired = Reply(
        550, .init(5, 7, 30), "Basic authentication is not supported for Client Submission.")
    static func disabled(for scope: String) -> Reply {
        refused(
            "SmtpClientAuthentication is disabled for the \(scope). Visit https://aka.ms/smtp_auth_disabled for more "
                + "information.")
    }
    private static func refused(_ reason: String) -> Reply {
        Reply(535, .init(5, 7, 139), "Authentication unsuccessful, \(reason)")
    }

    static let threadLimit = Reply(432, .init(4, 3, 2), "STOREDRV.ClientSubmit; sender thread limit exceeded")
    static func connectionLimit(_ host: String) -> Reply {
        Reply(
            432, .init(4, 3, 2),
            "Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending for more information. "
                + "[Hostname=\(host)]")
    }
    static let rateLimit = Reply(
        432, .init(4, 3, 2), "STOREDRV.ClientSubmit; sender message rate limit exceeded")

    static func sendAsDenied(_ mailbox: String, _ sender: String) -> Reply {
        Reply(
            554, .init(5, 2, 252),
            "SendAsDenied; \(mailbox) not allowed to send as \(sender); STOREDRV.Submission.Exception:"
                + "SendAsDeniedException.MapiExceptionSendAsDenied; Failed to process message due to a permanent exception "
                + "with message [BeginDiagnosticData]Cannot submit message.")
    }
    static let noPermissionForSender = Reply(
        550, .init(5, 7, 60), "SMTP; Client does not have permissions to send as this sender")
    static let logonFailure = Reply(
        430, .init(4, 2, 0),
        "STOREDRV; mailbox logon failure; STOREDRV.Submission.Exception:ConnectionFailedTransientException."
            + "MapiExceptionLogonFailed; Failed to process message due to a transient exception with message Cannot open "
            + "mailbox.")
    static let mailboxFull = Reply(
        554, .init(5, 2, 2),
        "mailbox full; STOREDRV.Submission.Exception:QuotaExceededException.MapiExceptionShutoffQuotaExceeded")
    static let recipientQuota = Reply(
        554, .init(5, 2, 0),
        "STOREDRV.Submission.Exception:SubmissionQuotaExceededException.MapiExceptionSubmissionQuotaExceeded")
    static let dailyRecipients = Reply(
        550, .init(5, 1, 90),
        "Your message can't be sent because you've reached your daily limit for message recipients")
    static let tooLarge = Reply(
        554, .init(5, 2, 3),
        "STOREDRV.Submission.Exception:MessageSubmissionExceededException.MapiExceptionMaxSubmissionExceeded")
    static let noFrom = Reply(
        550, .init(5, 7, 512), "Access denied, message must be RFC 5322 section 3.6.2 compliant")

    static func accepted(_ id: String, host: String) -> Reply {
        Reply(250, .init(2, 0, 0), "OK \(id) [Hostname=\(host)]")
    }

    /// Reads `550 5.1.10 Recipient not found`; text without codes becomes a 550.
    static func parse(_ text: String) -> Reply {
        let words = text.split(separator: " ", maxSplits: 2).map(String.init)
        guard let code = words.first.flatMap(Int.init), 200...599 ~= code else {
            return Reply(550, .init(5, 0, 0), text)
        }
        if words.count > 1, let status = EnhancedStatusCode(words[1]) {
            return Reply(code, status, words.count > 2 ? words[2] : "")
        }
        return Reply(code, nil, words.dropFirst().joined(separator: " "))
    }
}
