/// Dialogues in which something is refused, too much, or out of place.
extension Dialogues {
    static let content = [
        entry(
            .open, "refused content and a full disk",
            """
            S: 220 relay.test ESMTP Postern
            C: HELO x
            S: 250 relay.test
            C: MAIL FROM:<a@x.test>
            S: 250 2.1.0 Ok
            C: RCPT TO:<b@x.test>
            S: 250 2.1.5 Ok
            C: DATA
            S: 354 End data with <CR><LF>.<CR><LF>
            C: REFUSE
            C: .
            S: 554 5.6.0 Content refused
            C: MAIL FROM:<full@x.test>
            S: 250 2.1.0 Ok
            C: RCPT TO:<b@x.test>
            S: 250 2.1.5 Ok
            C: DATA
            S: 452 4.3.1 Disk full
            C: DATA
            S: 503 5.5.1 Need MAIL command
            """),
        entry(
            .small, "larger than announced, then one that fits",
            """
            S: 220 relay.test ESMTP Postern
            C: EHLO x
            S: 250-relay.test
            S: 250-SIZE 20
            S: 250-PIPELINING
            S: 250-ENHANCEDSTATUSCODES
            S: 250-8BITMIME
            S: 250-SMTPUTF8
            S: 250 HELP
            C: MAIL FROM:<a@x.test> SIZE=21
            S: 552 5.3.4 Message size exceeds fixed maximum message size
            C: MAIL FROM:<a@x.test> SIZE=20
            S: 250 2.1.0 Ok
            C: RCPT TO:<b@x.test>
            S: 250 2.1.5 Ok
            C: DATA
            S: 354 End data with <CR><LF>.<CR><LF>
            C: 1234567890
            C: 1234567
            C: .
            S: 552 5.3.4 Message size exceeds fixed maximum message size
            C: MAIL FROM:<a@x.test>
            S: 250 2.1.0 Ok
            C: RCPT TO:<b@x.test>
            S: 250 2.1.5 Ok
            C: DATA
            S: 354 End data with <CR><LF>.<CR><LF>
            C: 1234567890
            C: ..23456
            C: .
            S: 250 2.0.0 Ok: queued as 1
            M: a@x.test > b@x.test | 1234567890/.23456/
            """),
    ]

    static let errors = [
        entry(
            .open, "syntax",
            """
            S: 220 relay.test ESMTP Postern
            C: EHLO
            S: 501 5.5.4 Syntax error in parameters or arguments
            C: HELO x
            S: 250 relay.test
            C: FROBNICATE
            S: 500 5.5.1 Command unrecognized
            C:
            S: 500 5.5.2 Syntax error, command unrecognized
            C: MAIL <a@x.test>
            S: 501 5.5.4 Syntax error in parameters or arguments
            C: MAIL FROM:<a x.test>
            S: 501 5.1.7 Bad sender address syntax
            C: MAIL FROM:<a@x.test> SIZE=many
            S: 501 5.5.4 Syntax error in parameters or arguments
            C: MAIL FROM:<a@x.test> HOLDFOR=5
            S: 555 5.5.4 MAIL FROM/RCPT TO parameters not recognized or not implemented
            C: MAIL FROM:<a@x.test> RET=FULL
            S: 555 5.5.4 MAIL FROM/RCPT TO parameters not recognized or not implemented
            C: MAIL FROM:<a@x.test> BODY=BINARYMIME
            S: 555 5.5.4 MAIL FROM/RCPT TO parameters not recognized or not implemented
            C: MAIL FROM:<a@x.test>
            S: 250 2.1.0 Ok
            C: MAIL FROM:<a@x.test>
            S: 503 5.5.1 Nested MAIL command
            C: RCPT TO:<>
            S: 501 5.1.3 Bad recipient address syntax
            C: RCPT TO:<b@x.test> NOTIFY=NEVER
            S: 555 5.5.4 MAIL FROM/RCPT TO parameters not recognized or not implemented
            C: DATA now
            S: 501 5.5.4 Syntax error in parameters or arguments
            C: BDAT 5 LAST
            S: 502 5.5.1 Command not implemented
            C: AUTH PLAIN
            S: 503 5.5.1 AUTH not permitted during a mail transaction
            C: QUIT
            S: 221 2.0.0 Bye
            """),
        entry(
            .open, "order",
            """
            S: 220 relay.test ESMTP Postern
            C: MAIL FROM:<a@x.test>
            S: 503 5.5.1 Send EHLO first
            C: DATA
            S: 503 5.5.1 Send EHLO first
            C: HELO x
            S: 250 relay.test
            C: RCPT TO:<a@x.test>
            S: 503 5.5.1 Need MAIL command
            C: STARTTLS
            S: 502 5.5.1 Command not implemented
            C: AUTH PLAIN
            S: 502 5.5.1 Command not implemented
            """),
        entry(
            .small, "too many errors",
            """
            S: 220 relay.test ESMTP Postern
            C: A
            S: 500 5.5.1 Command unrecognized
            C: B
            S: 500 5.5.1 Command unrecognized
            C: C
            S: 500 5.5.1 Command unrecognized
            S: 421 4.7.0 Too many errors, closing connection
            C: NOOP
            """),
        entry(
            .open, "a browser led astray",
            """
            S: 220 relay.test ESMTP Postern
            C: POST / HTTP/1.1
            S: 554 5.7.0 This is an SMTP server
            C: Host: relay.test
            C: EHLO evil
            """),
        entry(
            .open, "TLS from the first octet",
            """
            S: 220 relay.test ESMTP Postern
            C: \u{16}\u{3}\u{1}
            S: 554 5.5.1 TLS where a command was expected
            C: EHLO x
            """),
        entry(
            .open, "421 from a decision ends the session",
            """
            S: 220 relay.test ESMTP Postern
            C: HELO x
            S: 250 relay.test
            C: MAIL FROM:<a@x.test>
            S: 250 2.1.0 Ok
            C: RCPT TO:<gone@x.test>
            S: 421 4.3.0 Going down
            C: NOOP
            """),
        entry(
            .open, "silence",
            """
            S: 220 relay.test ESMTP Postern
            C: HELO x
            S: 250 relay.test
            E: timeout
            S: 421 4.4.2 Timeout, closing connection
            C: NOOP
            """),
        entry(
            .open, "shutdown waits for the message under way",
            """
            S: 220 relay.test ESMTP Postern
            C: HELO x
            S: 250 relay.test
            C: MAIL FROM:<a@x.test>
            S: 250 2.1.0 Ok
            C: RCPT TO:<b@x.test>
            S: 250 2.1.5 Ok
            C: DATA
            S: 354 End data with <CR><LF>.<CR><LF>
            E: shutdown
            C: x
            C: .
            S: 250 2.0.0 Ok: queued as 1
            S: 421 4.3.2 Service shutting down, closing connection
            C: NOOP
            M: a@x.test > b@x.test | x/
            """),
    ]
}
