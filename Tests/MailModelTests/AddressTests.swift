import MailModel
import Testing

@Suite struct AddressTests {
    static let valid: [(text: String, localPart: String, domain: String, written: String)] = [
        ("a@b", "a", "b", "a@b"),
        ("Reports@Contoso.COM", "Reports", "contoso.com", "Reports@contoso.com"),
        ("first.last+tag@sub.contoso.com", "first.last+tag", "sub.contoso.com", "first.last+tag@sub.contoso.com"),
        (#""a b"@contoso.com"#, "a b", "contoso.com", #""a b"@contoso.com"#),
        (#""plain"@contoso.com"#, "plain", "contoso.com", "plain@contoso.com"),
        (#""a@b"@contoso.com"#, "a@b", "contoso.com", #""a@b"@contoso.com"#),
        (#""q\"uote\\"@contoso.com"#, #"q"uote\"#, "contoso.com", #""q\"uote\\"@contoso.com"#),
        ("root@[127.0.0.1]", "root", "[127.0.0.1]", "root@[127.0.0.1]"),
        ("x@[IPv6:::1]", "x", "[ipv6:::1]", "x@[ipv6:::1]"),
        ("jürgen@müller.example", "jürgen", "müller.example", "jürgen@müller.example"),
        ("a..b.@contoso.com", "a..b.", "contoso.com", "a..b.@contoso.com"),
        ("o'brien@contoso.com", "o'brien", "contoso.com", "o'brien@contoso.com"),
        ("svc_mail@host_1.local", "svc_mail", "host_1.local", "svc_mail@host_1.local"),
    ]

    @Test(arguments: valid) func parses(_ row: (text: String, localPart: String, domain: String, written: String))
        throws
    {
        let address = try Address(parsing: row.text)
        #expect(address.localPart == row.localPart)
        #expect(address.domain == row.domain)
        #expect(address.description == row.written)
        #expect(try Address(parsing: address.description) == address)
    }

    static let invalid: [(text: String, error: Address.ParseError)] = [
        ("", .empty),
        ("contoso.com", .missingAt),
        ("@contoso.com", .invalidLocalPart),
        ("a b@contoso.com", .invalidLocalPart),
        ("a\"b@contoso.com", .invalidLocalPart),
        (#""open@contoso.com"#, .invalidLocalPart),
        (#""a"b"@contoso.com"#, .invalidLocalPart),
        (#""a\"@contoso.com"#, .invalidLocalPart),
        ("\"a\u{0}b\"@contoso.com", .invalidLocalPart),
        ("<a@contoso.com", .invalidLocalPart),
        ("a@b@contoso.com", .invalidLocalPart),
        ("a@", .invalidDomain),
        ("a@.com", .invalidDomain),
        ("a@contoso..com", .invalidDomain),
        ("a@-contoso.com", .invalidDomain),
        ("a@contoso-.com", .invalidDomain),
        ("a@conto so.com", .invalidDomain),
        ("a@contoso.com>", .invalidDomain),
        ("a@[127.0.0.1", .invalidDomain),
        ("a@[]", .invalidDomain),
        ("a@contoso.com\r\nRCPT", .invalidDomain),
        (String(repeating: "a", count: 65) + "@contoso.com", .tooLong),
        ("a@" + String(repeating: "b.", count: 130) + "com", .tooLong),
    ]

    @Test(arguments: invalid) func refuses(_ row: (text: String, error: Address.ParseError)) {
        #expect(throws: row.error) { try Address(parsing: row.text) }
    }

    @Test func caseDoesNotMakeTwoPeople() throws {
        let upper = try Address(parsing: "REPORTS@CONTOSO.COM")
        let lower = try Address(parsing: "reports@contoso.com")
        #expect(upper == lower)
        #expect(Set([upper, lower]).count == 1)
        #expect(upper.folded == "reports@contoso.com")
    }

    @Test(arguments: [("a@contoso.com", false), ("ä@contoso.com", true), ("a@müller.example", true)])
    func needsUTF8(_ text: String, _ needed: Bool) throws {
        #expect(try Address(parsing: text).needsUTF8 == needed)
    }

    @Test(arguments: [
        ("secret.person@contoso.com", "s…@contoso.com"), ("s@contoso.com", "s…@contoso.com"),
        ("e\u{301}lan@contoso.com", "e\u{301}…@contoso.com"), ("ülkü@contoso.com", "ü…@contoso.com"),
    ])
    func redactedHidesTheLocalPart(_ text: String, _ expected: String) throws {
        #expect(try Address(parsing: text).redacted.utf8.elementsEqual(expected.utf8))
    }
}

@Suite struct EnvelopeTests {
    private func people(_ count: Int) -> [Address] {
        (0..<count).compactMap { try? Address(parsing: "p\($0)@contoso.com") }
    }

    @Test func aRecipientStandsOnce() throws {
        let names = ["a@contoso.com", "b@contoso.com", "A@CONTOSO.com"].compactMap { try? Address(parsing: $0) }
        let envelope = Envelope(sender: nil, recipients: names)
        #expect(envelope.recipients.map(\.description) == ["a@contoso.com", "b@contoso.com"])
    }

    @Test(arguments: [(1, 3, [1]), (3, 3, [3]), (4, 3, [3, 1]), (7, 3, [3, 3, 1]), (0, 3, [0])])
    func splits(_ count: Int, _ size: Int, _ expected: [Int]) {
        let all = people(count)
        let parts = Envelope(sender: all.first, recipients: all).split(at: size)
        #expect(parts.map(\.recipients.count) == expected)
        #expect(parts.flatMap(\.recipients) == all)
        #expect(parts.allSatisfy { $0.sender == all.first })
    }
}
