import MIME
import MailModel
import Testing

/// Reports are read back by the rules of RFC 6522 and RFC 3464, strictly.
@Suite struct DeliveryStatusNotificationTests {
    private static let header = "From: app@contoso.com\r\nTo: eve@example.org\r\nSubject: Weekly\r\n figures\r\n"

    private func report(
        _ recipients: [String] = ["eve@example.org"], subject: String? = "Weekly figures",
        head: [UInt8] = Array((header + "\r\nSecret body\r\n").utf8),
        change: (inout DeliveryStatusNotification.Failure) -> Void = { _ in }
    ) -> DeliveryStatusNotification {
        var failure = DeliveryStatusNotification.Failure(
            status: EnhancedStatusCode(5, 1, 10), authority: .smtp, diagnostic: "550 5.1.10 Recipient not found",
            lastAttemptDate: saturday + .seconds(60), isGivenUp: false)
        change(&failure)
        return DeliveryStatusNotification(
            from: NamedAddress(displayName: "Mail Delivery System", address: address("post@contoso.com")),
            to: address("app@contoso.com"), hostname: "relay.contoso.com", date: saturday + .seconds(61),
            messageID: "<r1@relay.contoso.com>",
            original: .init(
                id: QueueID(rawValue: "q1"), arrivalDate: saturday, subject: subject, messageID: "<1@app>", head: head),
            recipients: recipients.map(address), failure: failure)
    }

    private func read(_ report: DeliveryStatusNotification) throws -> StrictReport {
        var random = SeededGenerator(seed: 1)
        return try StrictReport(report.build(using: &random))
    }

    @Test func itsHeaderSaysWhatItIs() throws {
        let fields = try read(report()).fields
        #expect(
            fields.map { "\($0.name): \($0.value)" }.dropLast() == [
                "From: Mail Delivery System <post@contoso.com>", "To: app@contoso.com",
                "Subject: Undelivered Mail Returned to Sender", "Date: Sat, 21 Nov 2026 09:31:01 +0000",
                "Message-ID: <r1@relay.contoso.com>", "In-Reply-To: <1@app>", "References: <1@app>",
                "Auto-Submitted: auto-replied", "X-Auto-Response-Suppress: All", "MIME-Version: 1.0",
            ])
        #expect(fields.last?.value.hasPrefix("multipart/report; report-type=delivery-status; boundary=") == true)
    }

    @Test func programsReadTheStatus() throws {
        let groups = try read(report(["eve@example.org", "bob@example.org"])).groups
        #expect(
            groups == [
                [
                    "Reporting-MTA: dns; relay.contoso.com", "X-Postern-Id: q1",
                    "Arrival-Date: Sat, 21 Nov 2026 09:30:00 +0000",
                ],
                [
                    "Final-Recipient: rfc822; eve@example.org", "Action: failed", "Status: 5.1.10",
                    "Diagnostic-Code: smtp; 550 5.1.10 Recipient not found",
                    "Last-Attempt-Date: Sat, 21 Nov 2026 09:31:00 +0000",
                ],
                [
                    "Final-Recipient: rfc822; bob@example.org", "Action: failed", "Status: 5.1.10",
                    "Diagnostic-Code: smtp; 550 5.1.10 Recipient not found",
                    "Last-Attempt-Date: Sat, 21 Nov 2026 09:31:00 +0000",
                ],
            ])
    }

    static let authorities: [(DeliveryStatusNotification.Failure.Authority, String?, String)] = [
        (.smtp, "Diagnostic-Code: smtp; No.", "mail server was:"),
        (.graph, "Diagnostic-Code: x-graph; No.", "Microsoft Graph was:"), (.gateway, nil, "gateway's reason is:"),
    ]

    @Test(arguments: authorities)
    func theAnswerSaysWhoseItIs(_ row: (DeliveryStatusNotification.Failure.Authority, String?, String)) throws {
        let (authority, field, words) = row
        let read = try read(
            report {
                $0.authority = authority
                $0.diagnostic = "No."
                $0.lastAttemptDate = nil
            })
        #expect(read.groups[1].dropFirst(3) == (field.map { [$0] } ?? [])[...])
        #expect(read.text.contains(words))
    }

    @Test func peopleReadWhatHappenedAndWhatToDo() throws {
        let text = try read(report()).text
        #expect(
            text.replacing("\r\n", with: "\n") == """
                This is the mail gateway at relay.contoso.com.

                Your message could not be delivered to:

                    eve@example.org

                Subject:  Weekly figures
                Accepted: 2026-11-21 09:30:00.000 UTC
                Queue id: q1

                The last answer of Microsoft's mail server was:

                    550 5.1.10 Recipient not found

                Mend what the answer names, such as a recipient's address or the size of the message, then send it again. \
                Nothing further will be attempted.

                Whoever runs relay.contoso.com sees every attempt with: postern log show q1

                """)
        let givenUp = try read(report { $0.isGivenUp = true }).text
        #expect(givenUp.contains("It has given up trying") && givenUp.contains("Send it again later"))
    }

    @Test func manyRecipientsAreAllToldToPrograms() throws {
        let read = try read(report((1...120).map { "r\($0)@example.org" }))
        #expect(read.groups.count == 121)
        #expect(read.text.contains("    r50@example.org") && !read.text.contains("r51@example.org"))
        #expect(read.text.contains("and 70 more"))
    }

    @Test(arguments: [
        ("j\u{FC}rgen@example.org", "utf-8; j\\x{FC}rgen@example.org"),
        ("a+b\u{FC}@b\u{FC}cher.example", "utf-8; a\\x{2B}b\\x{FC}@b\\x{FC}cher.example"),
        ("plain+tag@example.org", "rfc822; plain+tag@example.org"),
        ("\"a b\"@example.org", "rfc822; \"a b\"@example.org"),
    ])
    func addressesKeepTheirType(_ recipient: String, _ field: String) throws {
        #expect(try read(report([recipient])).groups[1].first == "Final-Recipient: \(field)")
    }

    // MARK: What others wrote

    @Test(arguments: [
        ("No\r\nAction: delivered\r\n\r\nStatus: 2.0.0", "No Action: delivered Status: 2.0.0"),
        ("caf\u{E9}\u{0} =?utf-8?Q?x?=", "caf? =?utf-8?Q?x?="), ("tab\there", "tab here"),
    ])
    func nobodysWordsStartAField(_ words: String, _ clean: String) throws {
        let read = try read(report { $0.diagnostic = words })
        #expect(read.groups.count == 2 && read.groups[1][3] == "Diagnostic-Code: smtp; \(clean)")
        #expect(read.groups[1].count == 5)
    }

    @Test func aVeryLongAnswerIsFoldedAndCut() throws {
        let read = try read(report { $0.diagnostic = String(repeating: "x", count: 5000) })
        #expect(read.groups[1][3].count < 2100 && read.groups[1][3].contains("xxx"))
        #expect(read.text.contains("xxx...\r\n"))
    }

    @Test func aSubjectStaysOnItsLine() throws {
        let text = try read(report(subject: "Gr\u{FC}\u{DF}e\r\n\r\nQueue id: q2")).text
        #expect(text.contains("Subject:  Gr\u{FC}\u{DF}e    Queue id: q2\r\n"))
        #expect(try read(report(subject: nil)).text.contains("Subject:  \r\n"))
    }

    // MARK: The header that is returned

    static let headers: [(head: String, returned: String, encoding: String)] = [
        (header + "\r\nSecret body\r\n", header, "7bit"),
        (
            "Subject: x\r\nBcc: hidden@example.org\r\nresent-bcc: h@x.org,\r\n i@x.org\r\nTo: a@x.org\r\n\r\n",
            "Subject: x\r\nTo: a@x.org\r\n", "7bit"
        ),
        ("Subject: bare\nTo: a@x.org\n\nbody", "Subject: bare\r\nTo: a@x.org\r\n", "quoted-printable"),
        ("Subject: Gr\u{FC}\u{DF}e\r\n\r\n", "Subject: Gr\u{FC}\u{DF}e\r\n", "quoted-printable"),
        (
            "X: " + String(repeating: "y", count: 2000) + "\r\n\r\n",
            "X: " + String(repeating: "y", count: 2000) + "\r\n",
            "quoted-printable"
        ),
        ("Subject: no body", "Subject: no body\r\n", "7bit"), ("\r\nno header\r\n", "", "7bit"), ("", "", "7bit"),
        ("no header at all\r\n", "", "7bit"), ("A: 1\r\nstray line\r\nB: 2\r\n\r\n", "A: 1\r\nB: 2\r\n", "7bit"),
    ]

    @Test(arguments: headers) func theHeaderIsReturned(_ row: (head: String, returned: String, encoding: String)) throws
    {
        let read = try read(report(head: Array(row.head.utf8)))
        #expect(read.returned == row.returned && read.returnedEncoding == row.encoding)
    }

    @Test func aHugeHeaderIsCutBetweenFields() throws {
        let field = "X-Long: " + String(repeating: "z", count: 900) + "\r\n"
        let head = Array(String(repeating: field, count: 100).utf8)
        for length in [64 * 1024, 70_000, head.count] {
            let read = try read(report(head: Array(head.prefix(length))))
            #expect(read.returned == String(repeating: field, count: 72), "\(length)")
        }
    }
}

/// A report as another's program reads it: everything that is not as it must be is an error.
private struct StrictReport {
    struct Malformed: Error { let what: String }

    let fields: [HeaderField]
    let text: String
    let groups: [[String]]
    let returned: String
    let returnedEncoding: String

    init(_ bytes: [UInt8]) throws {
        func demand(_ condition: Bool, _ what: String) throws { if !condition { throw Malformed(what: what) } }
        let lines = String(bytes).components("\r\n")
        try demand(!lines.contains { $0.utf8.contains { $0 == 0x0A || $0 == 0x0D } }, "bare line break")
        try demand(lines.allSatisfy { $0.utf8.count <= 998 }, "line too long")
        try demand(bytes.allSatisfy { 0x20...0x7E ~= $0 || [0x09, 0x0A, 0x0D].contains($0) }, "not 7bit")
        let root = PartStructure(parsing: bytes)
        try demand(root.header.isComplete && root.header.fields.allSatisfy { !$0.isOpaque }, "header")
        try demand(root.contentType.name == "multipart/report", "type")
        try demand(root.contentType.parameters["report-type"] == "delivery-status", "report-type")
        try demand(
            root.parts.map(\.contentType.name) == ["text/plain", "message/delivery-status", "text/rfc822-headers"],
            "parts")
        fields = root.header.fields
        text = try #require(root.parts[0].text(of: bytes))
        try demand(root.parts[1].transferEncoding == "7bit", "encoding of the status")
        groups = try String(bytes[root.parts[1].bodyRange]).components("\r\n\r\n").map { group in
            let block = HeaderBlock(parsing: Array(group.utf8))
            try demand(!block.fields.isEmpty && block.fields.allSatisfy { !$0.isOpaque }, "group")
            return block.fields.map { "\($0.name): \($0.value)" }
        }
        let last = root.parts[2]
        let body = bytes[last.bodyRange]
        returnedEncoding = last.transferEncoding
        returned = String(returnedEncoding == "7bit" ? Array(body) : QuotedPrintable.decode(body))
    }
}

extension String {
    /// Split by bytes: CR LF is one `Character`.
    fileprivate func components(_ separator: String) -> [String] {
        var parts: [[UInt8]] = [[]]
        var rest = Array(utf8)[...]
        while !rest.isEmpty {
            if rest.starts(with: separator.utf8) {
                rest = rest.dropFirst(separator.utf8.count)
                parts.append([])
            } else {
                parts[parts.count - 1].append(rest.removeFirst())
            }
        }
        return parts.map { String($0) }.filter { !$0.isEmpty }
    }
}
