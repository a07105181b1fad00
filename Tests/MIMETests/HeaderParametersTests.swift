import Testing

@testable import MIME

@Suite struct HeaderParametersTests {
    static let table: [(String, [String])] = [
        ("report.pdf", ["filename=report.pdf"]),
        ("annual report.pdf", ["filename=\"annual report.pdf\""]),
        (#"a"b\c"#, [#"filename="a\"b\\c""#]),
        ("", ["filename=\"\""]),
        ("übersicht.pdf", ["filename*=utf-8''%C3%BCbersicht.pdf"]),
        ("a\r\nb", ["filename*=utf-8''a%0D%0Ab"]),
        ("=?utf-8?Q?x?=", ["filename*=utf-8''%3D%3Futf-8%3FQ%3Fx%3F%3D"]),
    ]

    @Test(arguments: table) func writes(_ row: (String, [String])) {
        #expect(HeaderParameters.pieces(name: "filename", value: row.0) == row.1)
    }

    static let longNames = [String(repeating: "ü", count: 100) + ".pdf", String(repeating: "a b", count: 60)]

    @Test(arguments: longNames + table.map(\.0)) func roundTrips(_ name: String) {
        let pieces = HeaderParameters.pieces(name: "filename", value: name)
        #expect(pieces.allSatisfy { $0.utf8.count <= 76 })
        let field = HeaderParameters(parsing: Array("attachment; \(pieces.joined(separator: " "))".utf8))
        #expect(field.value == "attachment")
        #expect(field.parameters == ["filename": name])
    }
}
