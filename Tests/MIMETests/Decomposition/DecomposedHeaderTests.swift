import MIME
import MailModel
import Testing

@Suite struct DecomposedHeaderTests {
    private static func header(_ text: String) throws -> DecomposedHeader {
        let block = HeaderBlock(parsing: (text + "\n\n").wire)
        return try DecomposedMessage(header: block, parts: PartStructure(parsing: [])).header
    }

    private static let full = """
        Received: from a by b
        X-Postern-Id: 01abc
        From: =?utf-8?Q?J=C3=BCrgen?= <app@contoso.com>
        Sender: robot@contoso.com
        Reply-To: Help <help@contoso.com>, sales@contoso.com
        To: Ann <ann@x.example>, bob@x.example
        Cc: Team: carl@x.example;
        Bcc: dora@x.example
        Subject: =?utf-8?B?R3LDvMOfZQ==?=
         and more
        Message-ID: <1@contoso.com>
        In-Reply-To: <0@contoso.com>
        References: <a@contoso.com>
         <0@contoso.com>
        Importance: High
        Sensitivity: Company-Confidential
        Disposition-Notification-To: app@contoso.com
        Return-Receipt-To: app@contoso.com
        Date: Sat, 21 Nov 2026 09:30:00 +0000
        MIME-Version: 1.0
        Content-Type: text/plain
        """

    @Test func takesWhatTheResourceHolds() throws {
        let found = try Self.header(Self.full)
        #expect(found.subject == "Grüße and more")
        #expect(found.from == NamedAddress(displayName: "Jürgen", address: address("app@contoso.com")))
        #expect(found.sender?.address == address("robot@contoso.com"))
        #expect(found.replyTo.map(\.address) == [address("help@contoso.com"), address("sales@contoso.com")])
        #expect(found.to.map(\.displayName) == ["Ann", nil])
        #expect(found.cc.map(\.address) == [address("carl@x.example")])
        #expect(found.bcc.map(\.address) == [address("dora@x.example")])
        #expect(found.messageID == "<1@contoso.com>")
        #expect(found.inReplyTo == "<0@contoso.com>")
        #expect(found.references == "<a@contoso.com> <0@contoso.com>")
        #expect(found.importance == .high)
        #expect(found.sensitivity == .confidential)
        #expect(found.wantsReadReceipt && found.wantsDeliveryReceipt)
        #expect(found.fields.map { "\($0.name)=\($0.value)" } == ["X-Postern-Id=01abc"])
        #expect(found.omitted.isEmpty)
    }

    @Test func isContentWithLittle() throws {
        let found = try Self.header("From: app@contoso.com\nSender: <app@contoso.com>\nTo: undisclosed-recipients:;")
        #expect(found.subject.isEmpty && found.sender == nil && found.to.isEmpty)
        #expect(found.messageID == nil && found.importance == .normal && found.sensitivity == nil)
        #expect(!found.wantsReadReceipt && !found.wantsDeliveryReceipt)
    }

    @Test(arguments: [
        ("X-Priority: 1 (Highest)", DecomposedHeader.Importance.high), ("X-Priority: 3", .normal),
        ("X-Priority: 5", .low), ("Priority: urgent", .high), ("Priority: non-urgent", .low),
        ("Importance: low\nX-Priority: 1", .low), ("Importance: whatever", .normal),
    ])
    func readsImportance(_ field: String, _ importance: DecomposedHeader.Importance) throws {
        #expect(try Self.header("From: a@x.example\n\(field)").importance == importance)
    }

    @Test func namesWhatItLeavesOut() throws {
        let found = try Self.header(
            """
            X-Mailer: m
            X-One: 1
            List-Unsubscribe: <mailto:u@x.example>
            X-Two: =?utf-8?Q?=C3=BC?=
            DKIM-Signature: a
            X-Three: 3
            X-Postern-Id: 01abc
            DKIM-Signature: b
            From: a@x.example
            X-Original-To: you@x.example
            X-Four: 4
            """)
        #expect(found.fields.map(\.name) == ["X-Postern-Id", "X-Original-To", "X-One", "X-Two", "X-Three"])
        #expect(found.fields[3].value == "ü")
        #expect(found.omitted == ["X-Mailer", "List-Unsubscribe", "DKIM-Signature", "X-Four"])
    }

    @Test(arguments: ["From: a@x.example, b@x.example", "From: nobody", "Subject: x"])
    func wantsOneAuthor(_ text: String) {
        #expect(throws: Indecomposable.author) { try Self.header(text) }
    }
}
