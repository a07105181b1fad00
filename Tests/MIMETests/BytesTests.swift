import Testing

@testable import MIME

@Suite struct BytesTests {
    static let trimmed: [(String, String)] = [
        ("", ""), (" ", ""), ("\r\n", ""), ("a", "a"), (" a b \t\r\n", "a b"), ("\r\n a", "a"), ("\u{0} ", "\u{0}"),
    ]

    @Test(arguments: trimmed) func trims(_ row: (String, String)) {
        #expect(String(Array(row.0.utf8).trimmed()) == row.1)
    }

    static let comparisons: [(String, String, Bool)] = [
        ("Bcc", "bCC", true), ("Bcc", "Bc", false), ("Bc", "Bcc", false), ("", "", true), ("[", "{", false),
        ("@", "`", false), ("Ü", "ü", false), ("A-1", "a-1", true),
    ]

    @Test(arguments: comparisons) func comparesWithoutCase(_ row: (String, String, Bool)) {
        #expect(Array(row.0.utf8).equalsIgnoringCase(row.1) == row.2)
    }

    @Test func writesAndReadsHex() {
        for byte in UInt8.min...UInt8.max {
            let digits = [UInt8].hex(byte)
            #expect(digits.count == 2)
            #expect(digits.compactMap(\.hexDigitValue).reduce(0) { $0 << 4 | $1 } == byte)
        }
        #expect("fF0:/@Gg".utf8.map(\.hexDigitValue) == [15, 15, 0, nil, nil, nil, nil, nil])
    }

    /// The classes of RFC 5322 §3.2.3 and §3.6.8 and RFC 2045 §5.1, written out.
    @Test func dividesASCII() {
        let classes: [((UInt8) -> Bool, String)] = [
            (\.isAtomText, "!#$%&'*+-/0123456789=?ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz{|}~"),
            (\.isTokenText, "!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz{|}~"),
        ]
        for (isMember, members) in classes {
            #expect(String((UInt8.min...UInt8.max).filter(isMember)) == members)
        }
        #expect((UInt8.min...UInt8.max).count(where: \.isFieldNameText) == 93)
        #expect((UInt8.min...UInt8.max).filter(\.isBlank) == [0x09, 0x20])
    }
}
