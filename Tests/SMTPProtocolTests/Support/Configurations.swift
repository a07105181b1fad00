import MailModel
import SMTPProtocol

/// The listeners the dialogues are held with.
enum Listener: String, CaseIterable, Sendable {
    case open, small, chunking, smallChunking, authentication, authenticationRequired, tls, tlsRequired, exchange

    var configuration: ServerConfiguration {
        var configuration = ServerConfiguration(hostname: "relay.test")
        switch self {
        case .open: break
        case .small:
            configuration.maxMessageSize = 20
            configuration.maxRecipients = 2
            configuration.maxBadCommands = 3
        case .chunking, .smallChunking:
            configuration.capabilities = [.size, .pipelining, .enhancedStatusCodes, .startTLS, .chunking]
            if self == .smallChunking { configuration.maxMessageSize = 20 }
        case .authentication, .authenticationRequired:
            configuration.authentication = self == .authentication ? .optional : .required
            configuration.allowsPlaintextAuthentication = true
            configuration.mechanisms = [.plain, .login, .xoauth2]
            configuration.xoauth2Challenge = "{}"
        case .tls, .tlsRequired:
            configuration.tls = self == .tls ? .offered : .required
            configuration.authentication = .optional
        case .exchange:
            configuration.greeting = "X.outlook.test Microsoft ESMTP MAIL Service ready"
            configuration.hello = "X.outlook.test Hello"
            configuration.maxMessageSize = 157_286_400
            configuration.capabilities = [
                .size, .pipelining, .dsn, .enhancedStatusCodes, .startTLS, .auth, .eightBitMIME,
                .other("XEXTRA"), .smtpUTF8,
            ]
            configuration.authentication = .required
            configuration.tls = .offered
            configuration.mechanisms = [.login, .xoauth2]
            configuration.xoauth2Challenge = nil
            configuration.replies.senderAccepted.lines = ["Sender OK"]
            configuration.replies.recipientAccepted.lines = ["Recipient OK"]
            configuration.replies.startMail.lines = ["Start mail input; end with <CRLF>.<CRLF>"]
            configuration.replies.authenticationRequired = Reply(
                530, .init(5, 7, 57), "Client not authenticated to send mail")
        }
        return configuration
    }
}
