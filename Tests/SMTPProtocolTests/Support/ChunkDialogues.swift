import MailModel

/// Dialogues about BDAT; the line ends of the script are part of the chunks.
extension Dialogues {
    private static let hello = """
        S: 220 relay.test ESMTP Postern
        C: EHLO x
        S: 250-relay.test
        S: 250-SIZE 35000000
        S: 250-PIPELINING
        S: 250-ENHANCEDSTATUSCODES
        S: 250 CHUNKING

        """
    private static let envelope = """
        C: MAIL FROM:<a@x.test>
        S: 250 2.1.0 Ok
        C: RCPT TO:<b@x.test>
        S: 250 2.1.5 Ok

        """

    static let chunks = [
        entry(
            .chunking, "one chunk",
            hello + envelope + """
                C: BDAT 10 LAST
                C: .dot
                C: QU
                S: 250 2.0.0 Ok: queued as 1
                C: QUIT
                S: 221 2.0.0 Bye
                M: a@x.test > b@x.test | .dot/QU/
                """),
        entry(
            .chunking, "several chunks, and what looks like the end of data",
            hello + envelope + """
                C: bdat 5
                C: one
                S: 250 2.0.0 Chunk Ok
                C: NOOP
                S: 250 2.0.0 Ok
                C: BDAT 3
                C: .
                S: 250 2.0.0 Chunk Ok
                C: BDAT 6
                C: QUIT
                S: 250 2.0.0 Chunk Ok
                C: BDAT 0 last
                S: 250 2.0.0 Ok: queued as 1
                C: BDAT 0 LAST
                S: 503 5.5.1 Need MAIL command
                M: a@x.test > b@x.test | one/./QUIT/
                """),
        entry(
            .chunking, "an empty message",
            hello + envelope + """
                C: BDAT 0 LAST
                S: 250 2.0.0 Ok: queued as 1
                M: a@x.test > b@x.test | (empty)
                """),
        entry(
            .chunking, "out of order: the octets are no commands",
            """
            S: 220 relay.test ESMTP Postern
            C: BDAT 6
            C: QUIT
            S: 503 5.5.1 Send EHLO first
            C: HELO x
            S: 250 relay.test
            C: BDAT 6 LAST
            C: QUIT
            S: 503 5.5.1 Need MAIL command
            C: MAIL FROM:<a@x.test>
            S: 250 2.1.0 Ok
            C: BDAT 6 LAST
            C: QUIT
            S: 503 5.5.1 Need RCPT command
            C: RCPT TO:<nobody@x.test>
            S: 550 5.1.1 No such user
            C: BDAT 6 LAST
            C: QUIT
            S: 503 5.5.1 Need RCPT command
            C: RCPT TO:<b@x.test>
            S: 250 2.1.5 Ok
            C: BDAT 3 LAST
            C: x
            S: 250 2.0.0 Ok: queued as 1
            M: a@x.test > b@x.test | x/
            """),
        entry(
            .chunking, "DATA and BDAT do not mix",
            hello + envelope + """
                C: BDAT 3
                C: x
                S: 250 2.0.0 Chunk Ok
                C: DATA
                S: 503 5.5.1 The last BDAT is due
                C: RCPT TO:<c@x.test>
                S: 503 5.5.1 The last BDAT is due
                C: MAIL FROM:<a@x.test>
                S: 503 5.5.1 Nested MAIL command
                C: BDAT x
                S: 501 5.5.4 Syntax error in parameters or arguments
                C: RSET
                S: 250 2.0.0 Ok
                C: BDAT 3 LAST
                C: x
                S: 503 5.5.1 Need MAIL command
                """),
        entry(
            .chunking, "no place, and refused content",
            hello + """
                C: MAIL FROM:<full@x.test>
                S: 250 2.1.0 Ok
                C: RCPT TO:<b@x.test>
                S: 250 2.1.5 Ok
                C: BDAT 6
                C: QUIT
                S: 452 4.3.1 Disk full
                C: BDAT 6 LAST
                C: QUIT
                S: 503 5.5.1 Need MAIL command

                """ + envelope + """
                    C: BDAT 8 LAST
                    C: REFUSE
                    S: 554 5.6.0 Content refused
                    """),
        entry(
            .smallChunking, "the limit holds for all chunks together",
            hello.replacing("35000000", with: "20") + envelope + """
                C: BDAT 10
                C: 12345678
                S: 250 2.0.0 Chunk Ok
                C: BDAT 10
                C: 12345678
                S: 250 2.0.0 Chunk Ok
                C: BDAT 3
                C: 1
                S: 552 5.3.4 Message size exceeds fixed maximum message size
                C: BDAT 3 LAST
                C: 1
                S: 503 5.5.1 Need MAIL command

                """ + envelope + """
                    C: BDAT 22 LAST
                    C: 12345678901234567890
                    S: 552 5.3.4 Message size exceeds fixed maximum message size
                    """),
        entry(
            .open, "not announced, not understood",
            """
            S: 220 relay.test ESMTP Postern
            C: HELO x
            S: 250 relay.test
            C: BDAT 0 LAST
            S: 502 5.5.1 Command not implemented
            """),
    ]
}
