import SMTPProtocol
import Testing

/// Whole dialogues, each held line by line, octet by octet, and pipelined in one chunk: what is said must not depend on it.
@Suite struct ServerDialogueTests {
    @Test(arguments: Dialogues.all, Cut.allCases)
    func dialogue(_ dialogue: Dialogues.Entry, cut: Cut) {
        ServerHarness.play(dialogue.script, dialogue.listener.configuration, cut: cut)
    }
}

enum Dialogues {
    struct Entry: Sendable, CustomTestStringConvertible {
        let listener: Listener
        let script: Script
        var testDescription: String { "\(script.name) (\(listener))" }
    }

    static let all = basic + envelopes + content + chunks + errors + authentication + tls

    static func entry(_ listener: Listener, _ name: String, _ text: String) -> Entry {
        Entry(listener: listener, script: Script(name, text))
    }

    private static let basic = [
        entry(
            .open, "one message",
            """
            S: 220 relay.test ESMTP Postern
            C: EHLO client.test
            S: 250-relay.test
            S: 250-SIZE 35000000
            S: 250-PIPELINING
            S: 250-ENHANCEDSTATUSCODES
            S: 250-8BITMIME
            S: 250-SMTPUTF8
            S: 250 HELP
            C: MAIL FROM:<a@contoso.com>
            S: 250 2.1.0 Ok
            C: RCPT TO:<b@fabrikam.com>
            S: 250 2.1.5 Ok
            C: DATA
            S: 354 End data with <CR><LF>.<CR><LF>
            C: Subject: hello
            C:
            C: first
            C: ..second
            C: .
            S: 250 2.0.0 Ok: queued as 1
            C: QUIT
            S: 221 2.0.0 Bye
            M: a@contoso.com > b@fabrikam.com | Subject: hello//first/.second/
            """),
        entry(
            .open, "several messages on one connection, after HELO",
            """
            S: 220 relay.test ESMTP Postern
            C: HELO printer
            S: 250 relay.test
            C: MAIL FROM:<a@x.test>
            S: 250 2.1.0 Ok
            C: RCPT TO:<b@x.test>
            S: 250 2.1.5 Ok
            C: RCPT TO:<c@x.test>
            S: 250 2.1.5 Ok
            C: DATA
            S: 354 End data with <CR><LF>.<CR><LF>
            C: one
            C: .
            S: 250 2.0.0 Ok: queued as 1
            C: MAIL FROM:<>
            S: 250 2.1.0 Ok
            C: RCPT TO:<d@x.test>
            S: 250 2.1.5 Ok
            C: DATA
            S: 354 End data with <CR><LF>.<CR><LF>
            C: .
            S: 250 2.0.0 Ok: queued as 2
            M: a@x.test > b@x.test,c@x.test | one/
            M: <> > d@x.test | (empty)
            """),
        entry(
            .open, "commands without a transaction",
            """
            S: 220 relay.test ESMTP Postern
            C: NOOP anything at all
            S: 250 2.0.0 Ok
            C: helo x
            S: 250 relay.test
            C: vrfy somebody
            S: 252 2.1.5 Cannot VRFY user, but will accept mail and attempt delivery
            C: EXPN list
            S: 502 5.5.1 Command not implemented
            C: HELP
            S: 214 2.0.0 EHLO HELO MAIL RCPT DATA RSET NOOP VRFY AUTH STARTTLS QUIT
            C: RSET
            S: 250 2.0.0 Ok
            C: QUIT
            S: 221 2.0.0 Bye
            """),
    ]

    private static let envelopes = [
        entry(
            .open, "refused senders and recipients",
            """
            S: 220 relay.test ESMTP Postern
            C: HELO x
            S: 250 relay.test
            C: MAIL FROM:<blocked@x.test>
            S: 550 5.7.1 Sender refused
            C: RCPT TO:<b@x.test>
            S: 503 5.5.1 Need MAIL command
            C: MAIL FROM:<a@x.test>
            S: 250 2.1.0 Ok
            C: RCPT TO:<nobody@x.test>
            S: 550 5.1.1 No such user
            C: DATA
            S: 554 5.5.1 No valid recipients
            C: RCPT TO:<later@x.test>
            S: 450 4.2.0 Try later
            C: RCPT TO:<b@x.test>
            S: 250 2.1.5 Ok
            C: DATA
            S: 354 End data with <CR><LF>.<CR><LF>
            C: x
            C: .
            S: 250 2.0.0 Ok: queued as 1
            M: a@x.test > b@x.test | x/
            """),
        entry(
            .open, "careless spelling",
            """
            S: 220 relay.test ESMTP Postern
            C: ehlo x
            S: 250-relay.test
            S: 250-SIZE 35000000
            S: 250-PIPELINING
            S: 250-ENHANCEDSTATUSCODES
            S: 250-8BITMIME
            S: 250-SMTPUTF8
            S: 250 HELP
            C: mail from: a@x.test size=10 body=8bitmime
            S: 250 2.1.0 Ok
            C: rcpt to:  <@hop.test,@other.test:b@x.test>
            S: 250 2.1.5 Ok
            C: RCPT TO:<Postmaster>
            S: 250 2.1.5 Ok
            C: RCPT TO:<"odd > name"@x.test>
            S: 250 2.1.5 Ok
            C: DATA
            S: 354 End data with <CR><LF>.<CR><LF>
            C: .
            S: 250 2.0.0 Ok: queued as 1
            M: a@x.test > b@x.test,postmaster@relay.test,"odd > name"@x.test | (empty)
            """),
        entry(
            .open, "RSET and EHLO forget the transaction",
            """
            S: 220 relay.test ESMTP Postern
            C: HELO x
            S: 250 relay.test
            C: MAIL FROM:<a@x.test>
            S: 250 2.1.0 Ok
            C: RSET
            S: 250 2.0.0 Ok
            C: RCPT TO:<b@x.test>
            S: 503 5.5.1 Need MAIL command
            C: MAIL FROM:<a@x.test>
            S: 250 2.1.0 Ok
            C: RCPT TO:<b@x.test>
            S: 250 2.1.5 Ok
            C: HELO x
            S: 250 relay.test
            C: DATA
            S: 503 5.5.1 Need MAIL command
            C: MAIL FROM:<c@x.test>
            S: 250 2.1.0 Ok
            C: RCPT TO:<d@x.test>
            S: 250 2.1.5 Ok
            C: DATA
            S: 354 End data with <CR><LF>.<CR><LF>
            C: .
            S: 250 2.0.0 Ok: queued as 1
            M: c@x.test > d@x.test | (empty)
            """),
        entry(
            .open, "addresses beyond ASCII",
            """
            S: 220 relay.test ESMTP Postern
            C: HELO x
            S: 250 relay.test
            C: MAIL FROM:<jürgen@x.test>
            S: 553 5.6.7 Address needs SMTPUTF8
            C: MAIL FROM:<a@x.test>
            S: 250 2.1.0 Ok
            C: RCPT TO:<jürgen@x.test>
            S: 553 5.6.7 Address needs SMTPUTF8
            C: RSET
            S: 250 2.0.0 Ok
            C: MAIL FROM:<jürgen@x.test> SMTPUTF8
            S: 250 2.1.0 Ok
            C: RCPT TO:<zoë@x.test>
            S: 250 2.1.5 Ok
            C: DATA
            S: 354 End data with <CR><LF>.<CR><LF>
            C: .
            S: 250 2.0.0 Ok: queued as 1
            M: jürgen@x.test > zoë@x.test | (empty)
            """),
        entry(
            .small, "too many recipients",
            """
            S: 220 relay.test ESMTP Postern
            C: HELO x
            S: 250 relay.test
            C: MAIL FROM:<a@x.test>
            S: 250 2.1.0 Ok
            C: RCPT TO:<b@x.test>
            S: 250 2.1.5 Ok
            C: RCPT TO:<nobody@x.test>
            S: 550 5.1.1 No such user
            C: RCPT TO:<c@x.test>
            S: 250 2.1.5 Ok
            C: RCPT TO:<d@x.test>
            S: 452 4.5.3 Too many recipients
            C: DATA
            S: 354 End data with <CR><LF>.<CR><LF>
            C: .
            S: 250 2.0.0 Ok: queued as 1
            M: a@x.test > b@x.test,c@x.test | (empty)
            """),
    ]
}
