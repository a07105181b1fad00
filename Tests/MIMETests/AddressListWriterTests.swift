import MailModel
import Testing

@testable import MIME

@Suite struct AddressListWriterTests {
    static let names: [(String?, String)] = [
        (nil, "To: a@x.example\r\n"),
        ("", "To: a@x.example\r\n"),
        ("John Doe", "To: John Doe <a@x.example>\r\n"),
        ("Doe, John", "To: \"Doe, John\" <a@x.example>\r\n"),
        ("J. Doe", "To: \"J. Doe\" <a@x.example>\r\n"),
        (#"Joe "Q" \"#, "To: \"Joe \\\"Q\\\" \\\\\" <a@x.example>\r\n"),
        ("b@x.example", "To: \"b@x.example\" <a@x.example>\r\n"),
        (" two  blanks", "To: \" two  blanks\" <a@x.example>\r\n"),
        ("Jürgen", "To: =?utf-8?Q?J=C3=BCrgen?= <a@x.example>\r\n"),
        ("=?utf-8?Q?x?=", "To: =?utf-8?B?PT91dGYtOD9RP3g/PQ==?= <a@x.example>\r\n"),
        ("a\r\nBcc: b@x.example", "To: =?utf-8?B?YQ0KQmNjOiBiQHguZXhhbXBsZQ==?= <a@x.example>\r\n"),
    ]

    @Test(arguments: names) func writesNames(_ row: (String?, String)) {
        let entry = NamedAddress(displayName: row.0, address: address("a@x.example"))
        #expect(String(AddressListWriter.field("To", [entry])) == row.1)
    }

    @Test(arguments: names) func roundTripsNames(_ row: (String?, String)) throws {
        let bytes = AddressListWriter.field("To", [NamedAddress(displayName: row.0, address: address("a@x.example"))])
        let list = AddressList(parsing: try #require(HeaderBlock(parsing: bytes).fields.first).unfolded)
        #expect(list.addresses.map(\.displayName) == [row.0 == "" ? nil : row.0])
        #expect(list.isWellFormed)
    }

    @Test(arguments: [1, 2, 5, 1000]) func roundTripsManyFolded(_ count: Int) throws {
        let odd = [#""a b"@x.example"#, #""x@y,\"z\""@x.example"#, "root@[192.0.2.1]", "jürgen@müller.example"]
        let people = (0..<count).map { number in
            NamedAddress(
                displayName: number % 3 == 0 ? "Person \(number), Üx" : nil,
                address: address(
                    number % 7 == 3 ? odd[number / 7 % 4] : "recipient.number\(number)@subsidiary.contoso.com"))
        }
        let bytes = AddressListWriter.field("Bcc", people)
        let block = HeaderBlock(parsing: bytes)
        let list = AddressList(parsing: try #require(block.fields.first).unfolded)
        #expect(block.fields.count == 1)
        #expect(list.addresses == people)
        #expect(list.isWellFormed)
        #expect(String(bytes).split(separator: "\r\n").allSatisfy { $0.utf8.count <= 78 })
    }

    @Test func keepsLongAddressesWhole() {
        let long = address(String(repeating: "l", count: 64) + "@" + String(repeating: "d", count: 60) + ".example")
        let bytes = AddressListWriter.field("Bcc", [NamedAddress(address: long), NamedAddress(address: long)])
        #expect(String(bytes) == "Bcc: \(long),\r\n \(long)\r\n")
    }
}
