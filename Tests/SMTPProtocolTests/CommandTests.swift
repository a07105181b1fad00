import MailModel
import SMTPProtocol
import Testing

@Suite struct CommandTests {
    private static func address(_ text: String) -> Address {
        guard let address = try? Address(parsing: text) else {
            preconditionFailure("not an address: \(text)")
        }
        return address
    }

    private static func mail(_ sender: String?, _ change: (inout MailParameters) -> Void = { _ in }) -> Command {
        var parameters = MailParameters()
        change(&parameters)
        return .mail(sender.map(address), parameters)
    }

    private static func rcpt(_ recipient: String, usesDSN: Bool = false) -> Command {
        .rcpt(.mailbox(address(recipient)), usesDSN: usesDSN)
    }

    private static let simple: [(String, Command)] = [
        ("EHLO client.test", .ehlo("client.test")),
        ("ehlo  [192.0.2.1] ", .ehlo("[192.0.2.1]")),
        ("HELO my printer", .helo("my printer")),
        ("DATA", .data),
        ("data \t", .data),
        ("RSET", .rset),
        ("NOOP", .noop),
        ("NOOP whatever", .noop),
        ("QUIT", .quit),
        ("VRFY user", .vrfy),
        ("EXPN", .expn),
        ("HELP MAIL", .help),
        ("STARTTLS", .startTLS),
        ("AUTH PLAIN", .auth(mechanism: "PLAIN", initialResponse: nil)),
        ("auth xoauth2 dGVzdA==", .auth(mechanism: "XOAUTH2", initialResponse: Array("dGVzdA==".utf8))),
        ("AUTH LOGIN =", .auth(mechanism: "LOGIN", initialResponse: [])),
    ]

    private static let senders: [(String, Command)] = [
        ("MAIL FROM:<>", mail(nil)),
        ("MAIL FROM:<a@x.test>", mail("a@x.test")),
        ("mail from : <a@X.TEST>", mail("a@x.test")),
        ("MAIL FROM:a@x.test", mail("a@x.test")),
        ("MAIL FROM:<@hop.test:a@x.test>", mail("a@x.test")),
        ("MAIL FROM:<\"a>b\\\"c\"@x.test>", mail("\"a>b\\\"c\"@x.test")),
        ("MAIL FROM:<ü@x.test> SMTPUTF8", mail("ü@x.test") { $0.smtpUTF8 = true }),
        ("MAIL FROM:<a@x.test> SIZE=1000", mail("a@x.test") { $0.size = 1000 }),
        ("MAIL FROM:<a@x.test> size=99999999999999999999", mail("a@x.test") { $0.size = .max }),
        (
            "MAIL FROM:<a@x.test>  BODY=8BITMIME  SIZE=0",
            mail("a@x.test") {
                $0.body = .eightBitMIME
                $0.size = 0
            }
        ),
        ("MAIL FROM:<a@x.test> body=7bit", mail("a@x.test") { $0.body = .sevenBit }),
        ("MAIL FROM:<a@x.test> AUTH=<>", mail("a@x.test") { $0.auth = "<>" }),
        (
            "MAIL FROM:<> RET=hdrs ENVID=QQ+2B",
            mail(nil) {
                $0.ret = "HDRS"
                $0.envelopeID = "QQ+2B"
            }
        ),
    ]

    private static let recipients: [(String, Command)] = [
        ("RCPT TO:<b@x.test>", rcpt("b@x.test")),
        ("RCPT TO: b@x.test ", rcpt("b@x.test")),
        ("RCPT TO:<b@[192.0.2.1]>", rcpt("b@[192.0.2.1]")),
        ("RCPT TO:<@a.test,@b.test:c@x.test>", rcpt("c@x.test")),
        ("RCPT TO:<Postmaster>", .rcpt(.postmaster, usesDSN: false)),
        ("RCPT TO:postMASTER", .rcpt(.postmaster, usesDSN: false)),
        ("RCPT TO:<b@x.test> NOTIFY=NEVER", rcpt("b@x.test", usesDSN: true)),
        ("RCPT TO:<b@x.test> ORCPT=rfc822;b@x.test notify=SUCCESS", rcpt("b@x.test", usesDSN: true)),
    ]

    @Test(arguments: simple + senders + recipients)
    func parses(_ line: String, _ command: Command) throws {
        #expect(try Command(parsing: Array(line.utf8)) == command)
    }

    private static let refused: [(String, Command.ParseError)] = [
        ("", .notACommand),
        ("  ", .notACommand),
        (" NOOP", .notACommand),
        ("NOOP\0", .notACommand),
        ("NOOP\u{1B}[2J", .notACommand),
        ("MAIL FROM:<a@x.test>\rRCPT TO:<b@x.test>", .notACommand),
        ("FOO", .unknownVerb),
        ("ÄHLO x", .unknownVerb),
        ("MAILFROM:<a@x.test>", .unknownVerb),
        ("BDAT", .badArgument),
        ("BDAT LAST", .badArgument),
        ("BDAT -1", .badArgument),
        ("BDAT +1", .badArgument),
        ("BDAT 0x10", .badArgument),
        ("BDAT 1 FIRST", .badArgument),
        ("BDAT 1 LAST now", .badArgument),
        ("BDAT 111111111111111111111", .badArgument),
        ("ETRN x", .notImplemented),
        ("GET / HTTP/1.1", .crossProtocol),
        ("post /x HTTP/1.1", .crossProtocol),
        ("CONNECT x:25 HTTP/1.1", .crossProtocol),
        ("EHLO", .badArgument),
        ("HELO ", .badArgument),
        ("QUIT now", .badArgument),
        ("RSET x", .badArgument),
        ("VRFY", .badArgument),
        ("STARTTLS x", .badArgument),
        ("AUTH", .badArgument),
        ("AUTH PLAIN a b", .badArgument),
        ("MAIL", .badArgument),
        ("MAIL FROM <a@x.test>", .badArgument),
        ("MAIL TO:<a@x.test>", .badArgument),
        ("RCPT FROM:<a@x.test>", .badArgument),
        ("MAIL FROM:", .badSender),
        ("MAIL FROM:<a@x.test", .badSender),
        ("MAIL FROM:a@x.test>", .badSender),
        ("MAIL FROM:<a@x.test>SIZE=1", .badSender),
        ("MAIL FROM:<<a@x.test>>", .badSender),
        ("MAIL FROM:<a>", .badSender),
        ("MAIL FROM:<a@-x.test>", .badSender),
        ("MAIL FROM:<@hop.test:>", .badSender),
        ("RCPT TO:<>", .badRecipient),
        ("RCPT TO:", .badRecipient),
        ("RCPT TO:<b@>", .badRecipient),
        ("RCPT TO:<\"unterminated@x.test>", .badRecipient),
        ("RCPT TO:<b@x.test> SIZE=1", .unknownParameter),
        ("RCPT TO:<b@x.test> NOTIFY", .badArgument),
        ("MAIL FROM:<a@x.test> FOO", .unknownParameter),
        ("MAIL FROM:<a@x.test> =x", .unknownParameter),
        ("MAIL FROM:<a@x.test> SIZE", .badArgument),
        ("MAIL FROM:<a@x.test> SIZE=", .badArgument),
        ("MAIL FROM:<a@x.test> SIZE=-1", .badArgument),
        ("MAIL FROM:<a@x.test> SIZE=999999999999999999999", .badArgument),
        ("MAIL FROM:<a@x.test> BODY=9BIT", .badArgument),
        ("MAIL FROM:<a@x.test> BODY", .badArgument),
        ("MAIL FROM:<a@x.test> SMTPUTF8=yes", .badArgument),
        ("MAIL FROM:<a@x.test> RET=ALL", .badArgument),
        ("MAIL FROM:<a@x.test> ENVID=", .badArgument),
    ]

    @Test(arguments: refused)
    func refuses(_ line: String, _ error: Command.ParseError) {
        #expect(throws: error) { try Command(parsing: Array(line.utf8)) }
    }

    @Test func octetsThatAreNoTextAreRefused() {
        #expect(throws: Command.ParseError.badSender) {
            try Command(parsing: Array("MAIL FROM:<\u{FC}@x.test>".unicodeScalars.map { UInt8($0.value) }))
        }
        #expect(throws: Command.ParseError.unknownVerb) { try Command(parsing: [0xFF, 0xFE]) }
    }

    @Test(arguments: 0..<500 as Range<UInt64>)
    func survivesAnything(seed: UInt64) {
        var random = SeededGenerator(state: seed)
        let pieces = [
            "MAIL", "RCPT", " FROM:", " TO:", "<", ">", "@", ":", "a", "\"", "\\", ",", "=", "SIZE",
            "AUTH ", " ", "ü", "[", "]",
        ]
        let line = (0..<Int.random(in: 0...12, using: &random)).map { _ in
            pieces.randomElement(using: &random) ?? ""
        }.joined()
        // Whatever is read as an envelope address must be one.
        switch try? Command(parsing: Array(line.utf8)) {
        case .mail(let sender?, _): #expect((try? Address(parsing: sender.description)) == sender)
        case .rcpt(.mailbox(let recipient), _):
            #expect((try? Address(parsing: recipient.description)) == recipient)
        default: break
        }
    }
}
