import MailModel

/// Dialogues about who speaks, and through what: AUTH and STARTTLS.
extension Dialogues {
    private static func base64(_ text: String) -> String { Base64.encode(text.utf8) }

    private static let hello = """
        S: 220 relay.test ESMTP Postern
        C: EHLO x
        S: 250-relay.test
        S: 250-SIZE 35000000
        S: 250-PIPELINING
        S: 250-ENHANCEDSTATUSCODES
        S: 250-AUTH PLAIN LOGIN XOAUTH2
        S: 250-8BITMIME
        S: 250-SMTPUTF8
        S: 250 HELP

        """

    static let authentication = [
        entry(
            .authenticationRequired, "PLAIN at once",
            hello + """
                C: MAIL FROM:<a@x.test>
                S: 530 5.7.0 Authentication required
                C: AUTH PLAIN \(base64("\0user\0secret"))
                S: 235 2.7.0 Authentication successful
                C: AUTH PLAIN
                S: 503 5.5.1 Already authenticated
                C: MAIL FROM:<a@x.test> AUTH=<>
                S: 250 2.1.0 Ok
                C: AUTH PLAIN
                S: 503 5.5.1 AUTH not permitted during a mail transaction
                """),
        entry(
            .authentication, "PLAIN in two steps, LOGIN in both ways",
            hello + """
                C: AUTH plain
                S: 334 
                C: \(base64("\0user\0wrong"))
                S: 535 5.7.8 Authentication credentials invalid
                C: AUTH LOGIN
                S: 334 VXNlcm5hbWU6
                C: \(base64("user"))
                S: 334 UGFzc3dvcmQ6
                C: \(base64("wrong"))
                S: 535 5.7.8 Authentication credentials invalid
                C: AUTH LOGIN \(base64("user"))
                S: 334 UGFzc3dvcmQ6
                C: \(base64("secret"))
                S: 235 2.7.0 Authentication successful
                """),
        entry(
            .authentication, "mistakes and second thoughts",
            hello + """
                C: AUTH CRAM-MD5
                S: 504 5.5.4 Unrecognized authentication type
                C: AUTH
                S: 501 5.5.4 Syntax error in parameters or arguments
                C: AUTH PLAIN ???
                S: 501 5.5.2 Cannot decode base64
                C: AUTH PLAIN =
                S: 501 5.5.2 Malformed authentication response
                C: AUTH PLAIN \(base64("no NULs"))
                S: 501 5.5.2 Malformed authentication response
                C: AUTH LOGIN =
                S: 334 UGFzc3dvcmQ6
                C: \(base64("secret"))
                S: 501 5.5.2 Malformed authentication response
                C: AUTH PLAIN
                S: 334 
                C: *
                S: 501 5.7.0 Authentication cancelled
                C: AUTH LOGIN
                S: 334 VXNlcm5hbWU6
                C: *
                S: 501 5.7.0 Authentication cancelled
                C: AUTH PLAIN \(base64("\0user\0trouble"))
                S: 454 4.7.0 Temporary authentication failure
                C: MAIL FROM:<a@x.test>
                S: 250 2.1.0 Ok
                """),
        entry(
            .authentication, "three wrong passwords",
            hello + """
                C: AUTH PLAIN \(base64("\0user\0a"))
                S: 535 5.7.8 Authentication credentials invalid
                C: AUTH PLAIN \(base64("\0user\0b"))
                S: 535 5.7.8 Authentication credentials invalid
                C: AUTH PLAIN \(base64("\0user\0c"))
                S: 535 5.7.8 Authentication credentials invalid
                S: 421 4.7.0 Too many failed authentications, closing connection
                C: AUTH PLAIN \(base64("\0user\0secret"))
                """),
        entry(
            .authentication, "XOAUTH2 explains a refusal first",
            hello + """
                C: AUTH XOAUTH2
                S: 334 
                C: \(base64("user=a@x.test\u{1}auth=Bearer bad\u{1}\u{1}"))
                S: 334 e30=
                C:
                S: 535 5.7.8 Authentication credentials invalid
                C: AUTH XOAUTH2 \(base64("user=a@x.test\u{1}auth=Bearer bad\u{1}\u{1}"))
                S: 334 e30=
                C: *
                S: 535 5.7.8 Authentication credentials invalid
                C: AUTH XOAUTH2 \(base64("user=a@x.test\u{1}auth=Bearer good\u{1}\u{1}"))
                S: 235 2.7.0 Authentication successful
                """),
    ]

    static let tls = [
        entry(
            .tlsRequired, "nothing much in plaintext, everything forgotten by TLS",
            """
            S: 220 relay.test ESMTP Postern
            C: EHLO x
            S: 250-relay.test
            S: 250-SIZE 35000000
            S: 250-PIPELINING
            S: 250-ENHANCEDSTATUSCODES
            S: 250-STARTTLS
            S: 250-8BITMIME
            S: 250-SMTPUTF8
            S: 250 HELP
            C: MAIL FROM:<a@x.test>
            S: 530 5.7.0 Must issue a STARTTLS command first
            C: AUTH PLAIN
            S: 530 5.7.0 Must issue a STARTTLS command first
            C: VRFY a
            S: 530 5.7.0 Must issue a STARTTLS command first
            C: NOOP
            S: 250 2.0.0 Ok
            C: STARTTLS
            S: 220 2.0.0 Ready to start TLS
            E: tls
            C: MAIL FROM:<a@x.test>
            S: 503 5.5.1 Send EHLO first
            C: EHLO x
            S: 250-relay.test
            S: 250-SIZE 35000000
            S: 250-PIPELINING
            S: 250-ENHANCEDSTATUSCODES
            S: 250-AUTH PLAIN LOGIN
            S: 250-8BITMIME
            S: 250-SMTPUTF8
            S: 250 HELP
            C: STARTTLS
            S: 503 5.5.1 TLS is active already
            C: AUTH PLAIN \(base64("\0user\0secret"))
            S: 235 2.7.0 Authentication successful
            C: MAIL FROM:<a@x.test>
            S: 250 2.1.0 Ok
            """),
        entry(
            .tls, "AUTH waits for TLS",
            """
            S: 220 relay.test ESMTP Postern
            C: HELO x
            S: 250 relay.test
            C: AUTH PLAIN \(base64("\0user\0secret"))
            S: 538 5.7.11 Encryption required for authentication
            C: MAIL FROM:<a@x.test>
            S: 250 2.1.0 Ok
            C: STARTTLS
            S: 503 5.5.1 STARTTLS not permitted during a mail transaction
            """),
        entry(
            .exchange, "another host's words",
            """
            S: 220 X.outlook.test Microsoft ESMTP MAIL Service ready
            C: EHLO x
            S: 250-X.outlook.test Hello
            S: 250-SIZE 157286400
            S: 250-PIPELINING
            S: 250-DSN
            S: 250-ENHANCEDSTATUSCODES
            S: 250-STARTTLS
            S: 250-8BITMIME
            S: 250-XEXTRA
            S: 250 SMTPUTF8
            C: STARTTLS
            S: 220 2.0.0 Ready to start TLS
            E: tls
            C: EHLO x
            S: 250-X.outlook.test Hello
            S: 250-SIZE 157286400
            S: 250-PIPELINING
            S: 250-DSN
            S: 250-ENHANCEDSTATUSCODES
            S: 250-AUTH LOGIN XOAUTH2
            S: 250-8BITMIME
            S: 250-XEXTRA
            S: 250 SMTPUTF8
            C: MAIL FROM:<a@x.test>
            S: 530 5.7.57 Client not authenticated to send mail
            C: AUTH XOAUTH2
            S: 334 
            C: \(base64("user=a@x.test\u{1}auth=Bearer bad\u{1}\u{1}"))
            S: 535 5.7.8 Authentication credentials invalid
            C: AUTH XOAUTH2
            S: 334 
            C: \(base64("user=a@x.test\u{1}auth=Bearer good\u{1}\u{1}"))
            S: 235 2.7.0 Authentication successful
            C: MAIL FROM:<a@x.test> SIZE=3 RET=HDRS ENVID=q1
            S: 250 2.1.0 Sender OK
            C: RCPT TO:<b@x.test> NOTIFY=FAILURE,DELAY ORCPT=rfc822;b@x.test
            S: 250 2.1.5 Recipient OK
            C: DATA
            S: 354 Start mail input; end with <CRLF>.<CRLF>
            C: x
            C: .
            S: 250 2.0.0 Ok: queued as 1
            M: a@x.test > b@x.test | x/
            """),
    ]
}
