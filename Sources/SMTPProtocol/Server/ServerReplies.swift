import MailModel

/// The replies a host may want to word its own way; the rest are fixed.
package struct ServerReplies: Sendable {
    package var senderAccepted = Reply(250, .init(2, 1, 0), "Ok")
    package var recipientAccepted = Reply(250, .init(2, 1, 5), "Ok")
    package var startMail = Reply(354, nil, "End data with <CR><LF>.<CR><LF>")
    package var messageAccepted = Reply(250, .init(2, 0, 0), "Ok")
    package var bye = Reply(221, .init(2, 0, 0), "Bye")
    package var startTLS = Reply(220, .init(2, 0, 0), "Ready to start TLS")
    package var authenticated = Reply(235, .init(2, 7, 0), "Authentication successful")
    package var authenticationFailed = Reply(535, .init(5, 7, 8), "Authentication credentials invalid")
    package var authenticationCancelled = Reply(501, .init(5, 7, 0), "Authentication cancelled")
    package var authenticationRequired = Reply(530, .init(5, 7, 0), "Authentication required")
    package var unknownMechanism = Reply(504, .init(5, 5, 4), "Unrecognized authentication type")
    /// AUTH where it would need TLS first (RFC 4954 §6).
    package var encryptionRequired = Reply(538, .init(5, 7, 11), "Encryption required for authentication")
    package var tlsRequired = Reply(530, .init(5, 7, 0), "Must issue a STARTTLS command first")
    package var messageTooLarge = Reply(552, .init(5, 3, 4), "Message size exceeds fixed maximum message size")
    package var tooManyRecipients = Reply(452, .init(4, 5, 3), "Too many recipients")
    package var timeout = Reply(421, .init(4, 4, 2), "Timeout, closing connection")
    package var shutdown = Reply(421, .init(4, 3, 2), "Service shutting down, closing connection")

    package init() {}
}
