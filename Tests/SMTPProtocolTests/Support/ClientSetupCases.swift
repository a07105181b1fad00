import MailModel
import SMTPProtocol

/// What servers say to a client that connects, and what becomes of it.
extension ClientSetupTests {
    static let cases = greetings + handshakes + passwords + tokens

    private static let greetings = [
        Case(
            "EHLO", .open,
            """
            S: 220-welcome
            S: 220 to the server
            C: EHLO client.test
            S: 250-server
            S: 250 PIPELINING
            """),
        Case(
            "HELO where EHLO is unknown", .open,
            """
            S: 220 server
            C: EHLO client.test
            S: 500 What?
            C: HELO client.test
            S: 250 server
            """),
        Case(
            "no service", .open,
            failure: ClientFailure(.greeting, .refused(Reply(554, nil, "No SMTP service here"))),
            """
            S: 554 No SMTP service here
            C: QUIT
            """),
        Case(
            "busy", .open,
            failure: ClientFailure(.greeting, .refused(Reply(421, .init(4, 3, 2), "Busy"))),
            """
            S: 421 4.3.2 Busy
            """),
        Case(
            "name not liked", .open,
            failure: ClientFailure(.hello, .refused(Reply(550, nil, "Bad name"))),
            """
            S: 220 server
            C: EHLO client.test
            S: 550 Bad name
            C: HELO client.test
            S: 550 Bad name
            C: QUIT
            """),
        Case(
            "not SMTP", .open, failure: ClientFailure(.greeting, .malformedReply("SSH-2.0-OpenSSH_9.2")),
            """
            S: SSH-2.0-OpenSSH_9.2
            """),
        Case(
            "senseless", .open,
            failure: ClientFailure(.greeting, .unexpectedReply(Reply(354, nil, "Go ahead"))),
            """
            S: 354 Go ahead
            """),
        Case(
            "silence", .open, failure: ClientFailure(.hello, .timeout),
            """
            S: 220 server
            C: EHLO client.test
            E: timeout
            """),
        Case(
            "gone", .open, failure: ClientFailure(.greeting, .connectionClosed),
            """
            E: closed
            """),
    ]

    private static let handshakes = [
        Case(
            "STARTTLS", .secure,
            """
            S: 220 server
            C: EHLO client.test
            S: 250-server
            S: 250-PIPELINING
            S: 250 STARTTLS
            C: STARTTLS
            S: 220 2.0.0 Go
            E: tls
            C: EHLO client.test
            S: 250 server
            """),
        Case(
            "STARTTLS not offered: never in plaintext", .secure,
            failure: ClientFailure(.hello, .tlsNotOffered),
            """
            S: 220 server
            C: EHLO client.test
            S: 250-server
            S: 250 PIPELINING
            C: QUIT
            """),
        Case(
            "old server where TLS is wanted", .secure, failure: ClientFailure(.hello, .tlsNotOffered),
            """
            S: 220 server
            C: EHLO client.test
            S: 502 What?
            C: HELO client.test
            S: 250 server
            C: QUIT
            """),
        Case(
            "STARTTLS refused", .secure,
            failure: ClientFailure(.startTLS, .refused(Reply(454, .init(4, 7, 0), "Not now"))),
            """
            S: 220 server
            C: EHLO client.test
            S: 250-server
            S: 250 STARTTLS
            C: STARTTLS
            S: 454 4.7.0 Not now
            C: QUIT
            """),
        Case(
            "plaintext behind the go-ahead", .secure,
            failure: ClientFailure(.handshake, .plaintextInjected),
            """
            S: 220 server
            C: EHLO client.test
            S: 250-server
            S: 250 STARTTLS
            C: STARTTLS
            S: 220 2.0.0 Go
            S: 250-evil
            S: 250 AUTH PLAIN
            """),
        Case(
            "plaintext found by the owner", .secure,
            failure: ClientFailure(.handshake, .plaintextInjected),
            """
            S: 220 server
            C: EHLO client.test
            S: 250-server
            S: 250 STARTTLS
            C: STARTTLS
            S: 220 2.0.0 Go
            E: injected
            """),
        Case(
            "gone during the handshake", .secure, failure: ClientFailure(.handshake, .connectionClosed),
            """
            S: 220 server
            C: EHLO client.test
            S: 250-server
            S: 250 STARTTLS
            C: STARTTLS
            S: 220 2.0.0 Go
            E: closed
            """),
    ]

    private static let passwords = [
        Case(
            "PLAIN", .password,
            """
            S: 220 server
            C: EHLO client.test
            S: 250-server
            S: 250 AUTH LOGIN PLAIN
            C: AUTH PLAIN AHVzZXIAc2VjcmV0
            S: 235 2.7.0 Welcome
            """),
        Case(
            "LOGIN where there is no PLAIN", .password,
            """
            S: 220 server
            C: EHLO client.test
            S: 250-server
            S: 250 AUTH LOGIN XOAUTH2
            C: AUTH LOGIN
            S: 334 VXNlcm5hbWU6
            C: dXNlcg==
            S: 334 UGFzc3dvcmQ6
            C: c2VjcmV0
            S: 235 2.7.0 Welcome
            """),
        Case(
            "wrong password", .password,
            failure: ClientFailure(
                .authentication,
                .authenticationRefused(Reply(535, .init(5, 7, 139), "Disabled"), challenge: nil)),
            """
            S: 220 server
            C: EHLO client.test
            S: 250-server
            S: 250 AUTH PLAIN
            C: AUTH PLAIN AHVzZXIAc2VjcmV0
            S: 535 5.7.139 Disabled
            C: QUIT
            """),
        Case(
            "a challenge too many", .password,
            failure: ClientFailure(.authentication, .unexpectedReply(Reply(334, nil, ""))),
            """
            S: 220 server
            C: EHLO client.test
            S: 250-server
            S: 250 AUTH PLAIN
            C: AUTH PLAIN AHVzZXIAc2VjcmV0
            S: 334 
            """),
        Case(
            "mechanism not offered", .password,
            failure: ClientFailure(.hello, .mechanismNotOffered(["XOAUTH2"])),
            """
            S: 220 server
            C: EHLO client.test
            S: 250-server
            S: 250 AUTH XOAUTH2
            C: QUIT
            """),
        Case(
            "no AUTH at all", .token, failure: ClientFailure(.hello, .mechanismNotOffered([])),
            """
            S: 220 server
            C: EHLO client.test
            S: 250 server
            C: QUIT
            """),
    ]

    private static let blob = Base64.encode("user=a@x.test\u{1}auth=Bearer good\u{1}\u{1}".utf8)

    private static let tokens = [
        Case(
            "XOAUTH2", .token,
            """
            S: 220 server
            C: EHLO client.test
            S: 250-server
            S: 250 AUTH LOGIN XOAUTH2
            C: AUTH XOAUTH2
            S: 334 
            C: \(blob)
            S: 235 2.7.0 Authentication successful
            """),
        Case(
            "XOAUTH2 refused at once", .token,
            failure: ClientFailure(
                .authentication,
                .authenticationRefused(Reply(535, .init(5, 7, 3), "Authentication unsuccessful"), challenge: nil)),
            """
            S: 220 server
            C: EHLO client.test
            S: 250-server
            S: 250 AUTH XOAUTH2
            C: AUTH XOAUTH2
            S: 334 
            C: \(blob)
            S: 535 5.7.3 Authentication unsuccessful
            C: QUIT
            """),
        Case(
            "XOAUTH2 refused with an explanation", .token,
            failure: ClientFailure(
                .authentication,
                .authenticationRefused(
                    Reply(535, .init(5, 7, 3), "Authentication unsuccessful"), challenge: #"{"status":"401"}"#
                )),
            """
            S: 220 server
            C: EHLO client.test
            S: 250-server
            S: 250 AUTH XOAUTH2
            C: AUTH XOAUTH2
            S: 334 
            C: \(blob)
            S: 334 \(Base64.encode(#"{"status":"401"}"#.utf8))
            C:
            S: 535 5.7.3 Authentication unsuccessful
            C: QUIT
            """),
    ]
}
