import MailModel
import Postern
import Testing

@testable import PosternCommands

@Suite struct TableTests {
    @Test func columnsAreAsWideAsTheyMustBe() {
        var table = Table([.init(heading: "ID"), .init(heading: "SIZE", alignment: .right), .init(heading: "TEXT")])
        table.add(["a", "1", "first"])
        table.add(["long-id", "12345", ""])
        #expect(table.lines() == ["ID        SIZE  TEXT", "a            1  first", "long-id  12345"])
    }

    @Test func aNarrowTerminalCutsTheLine() {
        var table = Table("ID", "TEXT")
        table.add(["a", "a rather long text"])
        #expect(table.lines(width: 10) == ["ID  TEXT", "a   a rat…"])
    }

    @Test func nothingInACellSteersTheTerminal() {
        var table = Table("TEXT")
        table.add(["\u{1B}[31mred\u{7}\r\nnext"])
        #expect(table.lines()[1].unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
    }
}

@Suite struct JSONTests {
    @Test(arguments: [
        (JSON.null, "null"), (.bool(true), "true"), (.integer(-7), "-7"), (.number(0.5), "0.5"),
        (.number(.infinity), "null"),
        (.string("plain"), "\"plain\""),
        (.string("a\"b\\c\n\r\t\u{1}\u{7F}ä"), "\"a\\\"b\\\\c\\n\\r\\t\\u0001\\u007fä\""),
        (.array([]), "[]"), (.object([]), "{}"), (.array([.integer(1)]), "[\n  1\n]"),
        (
            .object([.init("b", .null), .init("a", .array([.object([])]))]),
            "{\n  \"b\": null,\n  \"a\": [\n    {}\n  ]\n}"
        ),
    ])
    func writes(_ value: JSON, _ text: String) { #expect(value.written() == text) }

    @Test func missingValuesAreNull() {
        #expect(JSON.text(nil) == .null)
        #expect(JSON.whole(nil as Int?) == .null)
        #expect(JSON.whole(3) == .integer(3))
    }
}

@Suite struct MomentTests {
    private let now = Timestamp("2026-11-21 12:00:00")!

    @Test(arguments: [
        ("1d", "2026-11-20 12:00:00.000"), ("90s", "2026-11-21 11:58:30.000"),
        ("2026-11-01", "2026-11-01 00:00:00.000"),
        ("2026-11-01 08:15", "2026-11-01 08:15:00.000"),
    ])
    func resolves(_ text: String, _ expected: String) throws {
        #expect(try #require(Moment(argument: text)).resolved(at: now).description == expected)
    }

    @Test(arguments: ["", "yesterday", "1w", "2026-13-01", "d"]) func refuses(_ text: String) {
        #expect(Moment(argument: text) == nil)
    }
}

@Suite struct TimeSpanTests {
    @Test(arguments: [("250ms", Duration.milliseconds(250)), ("5s", .seconds(5)), ("2m", .seconds(120))])
    func reads(_ text: String, _ expected: Duration) throws {
        let span = try #require(TimeSpan(argument: text))
        #expect(span.duration == expected && span.defaultValueDescription == text)
    }

    @Test(arguments: ["", "5", "0s", "-1s", "soon"]) func refuses(_ text: String) {
        #expect(TimeSpan(argument: text) == nil)
    }
}

@Suite struct MediaTypesTests {
    @Test(arguments: [
        ("report.pdf", "application/pdf"), ("/a/b/FIGURES.CSV", "text/csv"), ("photo.jpeg", "image/jpeg"),
        ("archive.tar.gz", "application/octet-stream"), ("README", "application/octet-stream"),
    ])
    func byTheFilesName(_ path: String, _ type: String) { #expect(MediaTypes.type(ofFile: path) == type) }
}

@Suite struct LineEndTests {
    @Test(arguments: [
        ("a\nb\n", "a\r\nb\r\n"), ("a\r\nb", "a\r\nb"), ("a\rb", "a\r\nb"), ("\n", "\r\n"), ("\r", "\r\n"), ("", ""),
        ("a\n\nb", "a\r\n\r\nb"), ("a\r\r\n", "a\r\n\r\n"), ("\r\n\n\r", "\r\n\r\n\r\n"),
    ])
    func everyLineEndsWithCRLF(_ text: String, _ expected: String) {
        #expect(Array(text.utf8).normalizedLineEnds == Array(expected.utf8))
    }
}

@Suite struct SpokenSpanTests {
    @Test(arguments: [
        (0, "0s"), (1, "1s"), (119, "119s"), (120, "2m"), (121, "3m"), (7199, "120m"), (7200, "2h"), (86_400, "24h"),
        (172_800, "2d"), (200_000, "3d"), (-5, "0s"),
    ])
    func isInTheUnitAPersonWouldChoose(_ seconds: Int, _ text: String) {
        #expect(Duration.seconds(seconds).spoken == text)
    }

    @Test func partsOfASecondCountAsOne() { #expect(Duration.milliseconds(1200).spoken == "2s") }
}
