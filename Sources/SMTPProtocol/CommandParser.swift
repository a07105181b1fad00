import MailModel

/// Command lines to commands (RFC 5321 §4.1.1), lenient where clients are known to be careless: white space around arguments
/// and behind the colon, missing angle brackets, source routes.
extension Command {
    /// - Parameter line: without its line end.
    package init(parsing line: [UInt8]) throws(ParseError) {
        guard line.allSatisfy({ $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }) else { throw .notACommand }
        var scanner = Scanner(line[...])
        let verb = String(decoding: scanner.word(), as: UTF8.self).uppercased()
        scanner.skipBlanks()
        self = try Self.command(verb, &scanner)
    }

    private static func command(_ verb: String, _ scanner: inout Scanner) throws(ParseError) -> Command {
        switch verb {
        case "HELO": .helo(try name(scanner))
        case "EHLO": .ehlo(try name(scanner))
        case "MAIL": try mail(&scanner)
        case "RCPT": try rcpt(&scanner)
        case "DATA": try bare(.data, scanner)
        case "RSET": try bare(.rset, scanner)
        case "QUIT": try bare(.quit, scanner)
        case "STARTTLS": try bare(.startTLS, scanner)
        case "NOOP": .noop
        case "HELP": .help
        case "VRFY": try withArgument(.vrfy, scanner)
        case "EXPN": .expn
        case "AUTH": try auth(&scanner)
        case "BDAT": try bdat(&scanner)
        case "ETRN", "TURN", "ATRN", "SEND", "SOML", "SAML": throw .notImplemented
        case "GET", "POST", "PUT", "HEAD", "OPTIONS", "CONNECT", "DELETE", "PATCH", "TRACE":
            throw .crossProtocol
        case "": throw .notACommand
        default: throw .unknownVerb
        }
    }

    private static func name(_ scanner: Scanner) throws(ParseError) -> String {
        guard !scanner.rest.isEmpty else { throw .badArgument }
        return String(decoding: scanner.rest, as: UTF8.self)
    }

    private static func bare(_ command: Command, _ scanner: Scanner) throws(ParseError) -> Command {
        guard scanner.rest.isEmpty else { throw .badArgument }
        return command
    }

    private static func withArgument(_ command: Command, _ scanner: Scanner) throws(ParseError) -> Command {
        guard !scanner.rest.isEmpty else { throw .badArgument }
        return command
    }

    /// More than an Int holds is more than anybody sends.
    private static func bdat(_ scanner: inout Scanner) throws(ParseError) -> Command {
        let digits = scanner.word()
        guard 1...20 ~= digits.count, digits.allSatisfy({ 0x30...0x39 ~= $0 }) else { throw .badArgument }
        scanner.skipBlanks()
        let rest = String(decoding: scanner.rest, as: UTF8.self).uppercased()
        guard rest.isEmpty || rest == "LAST" else { throw .badArgument }
        return .bdat(size: Int(String(decoding: digits, as: UTF8.self)) ?? .max, isLast: !rest.isEmpty)
    }

    private static func mail(_ scanner: inout Scanner) throws(ParseError) -> Command {
        guard scanner.skip(keyword: "FROM") else { throw .badArgument }
        guard let path = scanner.path() else { throw .badSender }
        let sender = path.isEmpty ? nil : mailbox(in: path)
        guard path.isEmpty || sender != nil else { throw .badSender }
        return .mail(sender, try MailParameters(parsing: scanner.parameters()))
    }

    private static func rcpt(_ scanner: inout Scanner) throws(ParseError) -> Command {
        guard scanner.skip(keyword: "TO") else { throw .badArgument }
        guard let path = scanner.path(), !path.isEmpty else { throw .badRecipient }
        let forward: ForwardPath
        if String(decoding: path, as: UTF8.self).lowercased() == "postmaster" {
            forward = .postmaster
        } else if let address = mailbox(in: path) {
            forward = .mailbox(address)
        } else {
            throw .badRecipient
        }
        return .rcpt(forward, usesDSN: try hasDSN(scanner.parameters()))
    }

    /// The address without a source route, `@a,@b:user@c` (RFC 5321 appendix C).
    private static func mailbox(in path: ArraySlice<UInt8>) -> Address? {
        var path = path
        if path.first == UInt8(ascii: "@"), let colon = path.firstIndex(of: UInt8(ascii: ":")) {
            path = path[(colon + 1)...]
        }
        guard let text = String(validating: path, as: UTF8.self) else { return nil }
        return try? Address(parsing: text)
    }

    private static func hasDSN(_ parameters: [Parameter]) throws(ParseError) -> Bool {
        for parameter in parameters {
            guard parameter.keyword == "NOTIFY" || parameter.keyword == "ORCPT" else {
                throw .unknownParameter
            }
            guard parameter.value?.isEmpty == false else { throw .badArgument }
        }
        return !parameters.isEmpty
    }

    private static func auth(_ scanner: inout Scanner) throws(ParseError) -> Command {
        let mechanism = String(decoding: scanner.word(), as: UTF8.self).uppercased()
        guard !mechanism.isEmpty else { throw .badArgument }
        scanner.skipBlanks()
        let response = Array(scanner.word())
        scanner.skipBlanks()
        guard scanner.rest.isEmpty else { throw .badArgument }
        guard !response.isEmpty else { return .auth(mechanism: mechanism, initialResponse: nil) }
        return .auth(mechanism: mechanism, initialResponse: response == [UInt8(ascii: "=")] ? [] : response)
    }
}

extension MailParameters {
    fileprivate init(parsing parameters: [Parameter]) throws(Command.ParseError) {
        for parameter in parameters { try read(parameter) }
    }

    private mutating func read(_ parameter: Parameter) throws(Command.ParseError) {
        switch parameter.keyword {
        case "SIZE":
            // RFC 1870 §6: up to 20 digits; more than an Int holds is more than anybody takes.
            guard let digits = parameter.value, 1...20 ~= digits.utf8.count,
                digits.utf8.allSatisfy({ 0x30...0x39 ~= $0 })
            else { throw .badArgument }
            size = Int(digits) ?? .max
        case "BODY":
            guard let value = parameter.value else { throw .badArgument }
            guard let body = Body(rawValue: value.uppercased()) else { throw .badArgument }
            self.body = body
        case "SMTPUTF8":
            guard parameter.value == nil else { throw .badArgument }
            smtpUTF8 = true
        case "AUTH": auth = try Self.value(of: parameter)
        case "RET":
            let value = try Self.value(of: parameter).uppercased()
            guard value == "FULL" || value == "HDRS" else { throw .badArgument }
            ret = value
        case "ENVID": envelopeID = try Self.value(of: parameter)
        default: throw .unknownParameter
        }
    }

    private static func value(of parameter: Parameter) throws(Command.ParseError) -> String {
        guard let value = parameter.value, !value.isEmpty else { throw .badArgument }
        return value
    }
}
