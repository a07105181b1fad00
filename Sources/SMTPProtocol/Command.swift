package import MailModel

/// A command as the server understands it (RFC 5321 §4.1.1 and the extensions' RFCs).
package enum Command: Hashable, Sendable {
    /// Where a RCPT command points.
    package enum ForwardPath: Hashable, Sendable {
        case mailbox(Address)
        /// `<Postmaster>`, which every server must know without a domain (RFC 5321 §4.5.1).
        case postmaster
    }

    case helo(String)
    case ehlo(String)
    /// `nil` is the null path `<>`.
    case mail(Address?, MailParameters)
    /// - Parameter usesDSN: NOTIFY or ORCPT of RFC 3461 stood behind the path.
    case rcpt(ForwardPath, usesDSN: Bool)
    case data
    /// RFC 3030: so many octets of content follow the line.
    case bdat(size: Int, isLast: Bool)
    case rset
    case noop
    case quit
    case vrfy
    case expn
    case help
    case startTLS
    /// - Parameters:
    ///   - mechanism: in upper case.
    ///   - initialResponse: in base 64; empty for `=`.
    case auth(mechanism: String, initialResponse: [UInt8]?)

    /// Why a line is no command.
    package enum ParseError: Error, Hashable, Sendable {
        /// Control characters, or nothing that looks like a verb.
        case notACommand
        case unknownVerb
        /// A command of the standards that this server does not have.
        case notImplemented
        /// An argument is missing, superfluous or unreadable.
        case badArgument
        case badSender
        case badRecipient
        case unknownParameter
        /// The request line of HTTP: a browser was led here to speak to us unawares.
        case crossProtocol
    }

    /// The reply to a line that is no command.
    static func reply(to error: ParseError) -> Reply {
        switch error {
        case .notACommand: Reply(500, .init(5, 5, 2), "Syntax error, command unrecognized")
        case .unknownVerb: Reply(500, .init(5, 5, 1), "Command unrecognized")
        case .notImplemented: Reply(502, .init(5, 5, 1), "Command not implemented")
        case .badArgument: Reply(501, .init(5, 5, 4), "Syntax error in parameters or arguments")
        case .badSender: Reply(501, .init(5, 1, 7), "Bad sender address syntax")
        case .badRecipient: Reply(501, .init(5, 1, 3), "Bad recipient address syntax")
        case .unknownParameter:
            Reply(555, .init(5, 5, 4), "MAIL FROM/RCPT TO parameters not recognized or not implemented")
        case .crossProtocol: Reply(554, .init(5, 7, 0), "This is an SMTP server")
        }
    }
}
