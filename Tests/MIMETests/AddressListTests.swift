import MIME
import MailModel
import Testing

@Suite struct AddressListTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let text: String
        /// `name|address`, or the address alone.
        var found: [String] = []
        var unparsed: [String] = []
        var isWellFormed = true
        var testDescription: String { text }
    }

    static let grammatical: [Row] = [
        Row(text: ""),
        Row(text: "a@b.example", found: ["a@b.example"]),
        Row(text: "<a@b.example>", found: ["a@b.example"]),
        Row(text: "John Doe <john@x.example>", found: ["John Doe|john@x.example"]),
        Row(text: "John Q. Public<john@x.example>", found: ["John Q. Public|john@x.example"]),
        Row(text: #""Doe, John" <john@x.example>"#, found: ["Doe, John|john@x.example"]),
        Row(text: #""Joe \"The\" Q" <joe@x.example>"#, found: [#"Joe "The" Q|joe@x.example"#]),
        Row(text: "a@b.example, c@d.example", found: ["a@b.example", "c@d.example"]),
        Row(text: "a@b.example,c@d.example", found: ["a@b.example", "c@d.example"]),
        Row(text: ",, a@b.example ,,", found: ["a@b.example"]),
        Row(text: "john@x.example (John Doe)", found: ["John Doe|john@x.example"]),
        Row(text: "(only a comment)"),
        Row(text: "John (Sales, EMEA) <john@x.example> (x@y.example)", found: ["John|john@x.example"]),
        Row(text: "john(nested (deep))@x.example", found: ["nested (deep)|john@x.example"]),
        Row(text: "=?utf-8?Q?J=C3=BCrgen?= <j@x.example>", found: ["Jürgen|j@x.example"]),
        Row(text: "=?utf-8?Q?J=C3=BCr?= =?utf-8?Q?gen?= M <j@x.example>", found: ["Jürgen M|j@x.example"]),
        Row(text: #""=?utf-8?Q?J=C3=BCrgen?=" <j@x.example>"#, found: ["Jürgen|j@x.example"]),
        Row(text: "Jürgen <jürgen@müller.example>", found: ["Jürgen|jürgen@müller.example"]),
        Row(text: #""a b"@x.example"#, found: [#""a b"@x.example"#]),
        Row(text: #"Odd <"a@b"@x.example>"#, found: [#"Odd|"a@b"@x.example"#]),
        Row(text: #"first."mid dle".last@x.example"#, found: [#""first.mid dle.last"@x.example"#]),
        Row(text: "root@[192.0.2.1]", found: ["root@[192.0.2.1]"]),
        Row(text: "R <root@[IPv6:2001:db8::1]>", found: ["R|root@[ipv6:2001:db8::1]"]),
        Row(text: "a . b @ x . example", found: ["a.b@x.example"]),
        Row(text: "<@one.example,@two.example:a@x.example>", found: ["a@x.example"]),
        Row(text: "A <@one.example:a@x.example>, b@x.example", found: ["A|a@x.example", "b@x.example"]),
        Row(text: "undisclosed-recipients:;"),
        Row(text: "Undisclosed recipients: ;"),
        Row(text: "Team: a@x.example, B <b@x.example>;", found: ["a@x.example", "B|b@x.example"]),
        Row(
            text: "c@x.example, Team: a@x.example;, d@x.example", found: ["c@x.example", "a@x.example", "d@x.example"]),
        Row(text: #""Team: One, Two": a@x.example;"#, found: ["a@x.example"]),
        Row(text: "john@x.example <john@x.example>", found: ["john@x.example|john@x.example"]),
        Row(text: "x@y.example via App <john@x.example>", found: ["x@y.example via App|john@x.example"]),
        Row(text: "''quoted'' <a@x.example>", found: ["''quoted''|a@x.example"]),
    ]

    static let lenient: [Row] = [
        Row(text: "John Doe john@x.example", found: ["John Doe|john@x.example"], isWellFormed: false),
        Row(text: #""John" john@x.example"#, found: ["John|john@x.example"], isWellFormed: false),
        Row(text: "John <john@x.example", found: ["John|john@x.example"], isWellFormed: false),
        Row(text: "A <a@x.example, b@x.example", found: ["A|a@x.example", "b@x.example"], isWellFormed: false),
        Row(text: "A <a@x.example> Jr", found: ["A|a@x.example"], isWellFormed: false),
        Row(text: "a@x.example; b@x.example", found: ["a@x.example", "b@x.example"], isWellFormed: false),
        Row(text: "Team: a@x.example", found: ["a@x.example"], isWellFormed: false),
        Row(text: "mailto:a@x.example", found: ["a@x.example"], isWellFormed: false),
        Row(text: "T: U: a@x.example;", found: ["a@x.example"], isWellFormed: false),
        Row(text: "[EXT] A <a@x.example>", found: ["[EXT] A|a@x.example"], isWellFormed: false),
    ]

    static let unreadable: [Row] = [
        Row(text: "All Staff", unparsed: ["All Staff"], isWellFormed: false),
        Row(text: "<>", unparsed: ["<>"], isWellFormed: false),
        Row(text: "A <>, b@x.example", found: ["b@x.example"], unparsed: ["A <>"], isWellFormed: false),
        Row(text: #""a@x.example"#, unparsed: [#""a@x.example"#], isWellFormed: false),
        Row(text: #""a@x.example""#, unparsed: [#""a@x.example""#], isWellFormed: false),
        Row(text: "a@x.example b@x.example", unparsed: ["a@x.example b@x.example"], isWellFormed: false),
        Row(
            text: "A <a@x.example> B <b@x.example>", unparsed: ["A <a@x.example> B <b@x.example>"], isWellFormed: false),
        Row(text: "<a@x.example> b@x.example", unparsed: ["<a@x.example> b@x.example"], isWellFormed: false),
        Row(text: "A <B <a@x.example>>", unparsed: ["A <B <a@x.example>>"], isWellFormed: false),
        Row(text: "a@x.example>", unparsed: ["a@x.example>"], isWellFormed: false),
        Row(text: "a@b@x.example", unparsed: ["a@b@x.example"], isWellFormed: false),
        Row(text: #""a"b@x.example"#, unparsed: [#""a"b@x.example"#], isWellFormed: false),
        Row(text: "a@x..example", unparsed: ["a@x..example"], isWellFormed: false),
        Row(text: "a@x example", unparsed: ["a@x example"], isWellFormed: false),
        Row(text: "@x.example", unparsed: ["@x.example"], isWellFormed: false),
        Row(text: "a@", unparsed: ["a@"], isWellFormed: false),
        Row(text: "<@one.example a@x.example>", unparsed: ["<@one.example a@x.example>"], isWellFormed: false),
        Row(text: #"a\@x.example"#, unparsed: [#"a\@x.example"#], isWellFormed: false),
        Row(text: "a@x: y: b@x.example;", found: ["a@x", "b@x.example"], isWellFormed: false),
        Row(text: "(open a@x.example", unparsed: ["(open a@x.example"], isWellFormed: false),
    ]

    @Test(arguments: grammatical + lenient + unreadable) func reads(_ row: Row) {
        let list = AddressList(parsing: row.text)
        #expect(list.addresses.map(Self.describe) == row.found)
        #expect(list.unparsed == row.unparsed)
        #expect(list.isWellFormed == row.isWellFormed)
    }

    static func describe(_ entry: NamedAddress) -> String {
        (entry.displayName.map { "\($0)|" } ?? "") + entry.address.description
    }

    /// Headers made to cost time: each is read in one go.
    @Test(arguments: ["<@,", "<", "(", "\"", ":", ";", "a@", "=?utf-8?q?", "=?", "a<b@c,", "[", "\\", " ", "a."])
    func survivesHostileText(_ piece: String) {
        let list = AddressList(parsing: String(repeating: piece, count: 20_000))
        #expect(list.addresses.count <= 20_000)
    }

    @Test func survivesRandomBytes() {
        var random = SeededGenerator(seed: 11)
        let alphabet = Array("a@<>,:;\"()[]\\. =?\r\n".utf8) + [0x00, 0xFC, 0xC3, 0xBC]
        for _ in 0..<3000 {
            let bytes = (0..<Int.random(in: 0...30, using: &random)).map { _ in
                alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
            }
            let list = AddressList(parsing: bytes)
            #expect(!list.isWellFormed || list.unparsed.isEmpty)
        }
    }
}
