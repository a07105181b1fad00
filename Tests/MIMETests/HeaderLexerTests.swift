import Testing

@testable import MIME

@Suite struct HeaderLexerTests {
    static let table: [(String, [(HeaderToken.Kind, String)])] = [
        ("", []),
        ("  \t ", []),
        ("a b.c", [(.atom, "a"), (.atom, "b.c")]),
        (#""q\"d" x"#, [(.quotedString, #"q"d"#), (.atom, "x")]),
        ("(a (nested) b)c", [(.comment, "a (nested) b"), (.atom, "c")]),
        (#"(a \) b)"#, [(.comment, "a ) b")]),
        ("a@[192.0.2.1]", [(.atom, "a"), (.special(0x40), "@"), (.domainLiteral, "[192.0.2.1]")]),
        ("<a>", [(.special(0x3C), "<"), (.atom, "a"), (.special(0x3E), ">")]),
        ("\"open", [(.broken, "\"open")]),
        ("(open", [(.broken, "(open")]),
        ("[open", [(.broken, "[open")]),
        ("a)b", [(.atom, "a"), (.broken, ")"), (.atom, "b")]),
        ("a\u{1}b", [(.atom, "a"), (.broken, "\u{1}"), (.atom, "b")]),
        ("jürgen", [(.atom, "jürgen")]),
    ]

    @Test(arguments: table.indices) func cuts(_ index: Int) {
        let (text, expected) = Self.table[index]
        let tokens = HeaderLexer.tokens(of: Array(text.utf8), specials: "<>:;@,")
        #expect(tokens.map(\.kind) == expected.map(\.0))
        #expect(tokens.map { String($0.text) } == expected.map(\.1))
    }

    @Test func knowsWhereTokensStand() {
        let tokens = HeaderLexer.tokens(of: Array(#" "a"  <b>"#.utf8), specials: "<>")
        #expect(tokens.map(\.range) == [1..<4, 6..<7, 7..<8, 8..<9])
    }
}
