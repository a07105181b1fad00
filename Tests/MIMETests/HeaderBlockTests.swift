import MIME
import Testing

@Suite struct HeaderBlockTests {
    /// Fields as `name|raw`, an opaque line as `|raw`.
    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let bytes: String
        let fields: [String]
        let bodyOffset: Int
        var isComplete = true
        var testDescription: String { name }
    }

    static let rows: [Row] = [
        Row(
            name: "two fields and a body", bytes: "A: 1\r\nB: 2\r\n\r\nbody\r\n",
            fields: ["A|A: 1\r\n", "B|B: 2\r\n"], bodyOffset: 14),
        Row(
            name: "folding", bytes: "A: 1\r\n 2\r\n\t3\r\nB:\r\n\r\n", fields: ["A|A: 1\r\n 2\r\n\t3\r\n", "B|B:\r\n"],
            bodyOffset: 20),
        Row(
            name: "a line of blanks continues", bytes: "A: 1\r\n  \r\nB: 2\r\n\r\n",
            fields: ["A|A: 1\r\n  \r\n", "B|B: 2\r\n"], bodyOffset: 18),
        Row(name: "blank before the colon", bytes: "A \t: 1\r\n\r\n", fields: ["A|A \t: 1\r\n"], bodyOffset: 10),
        Row(name: "bare line feeds", bytes: "A: 1\nB: 2\n\nbody", fields: ["A|A: 1\n", "B|B: 2\n"], bodyOffset: 11),
        Row(name: "empty header", bytes: "\r\nbody", fields: [], bodyOffset: 2),
        Row(name: "empty header, bare line feed", bytes: "\nbody", fields: [], bodyOffset: 1),
        Row(
            name: "garbage between fields", bytes: "A: 1\r\nno field\r\n more\r\nB: 2\r\n\r\n",
            fields: ["A|A: 1\r\n", "|no field\r\n more\r\n", "B|B: 2\r\n"], bodyOffset: 31),
        Row(
            name: "a name with a blank in it", bytes: "A: 1\r\nno field: 2\r\n\r\n",
            fields: ["A|A: 1\r\n", "|no field: 2\r\n"], bodyOffset: 21),
        Row(name: "no name", bytes: "A: 1\r\n: 2\r\n\r\n", fields: ["A|A: 1\r\n", "|: 2\r\n"], bodyOffset: 13),
        Row(
            name: "8-bit in a name", bytes: "A: 1\r\nÜ: 2\r\n\r\n", fields: ["A|A: 1\r\n", "|Ü: 2\r\n"], bodyOffset: 15),
        Row(
            name: "mbox separator", bytes: "From a@b Sat Nov 21\r\nA: 1\r\n\r\n",
            fields: ["|From a@b Sat Nov 21\r\n", "A|A: 1\r\n"], bodyOffset: 29),
        Row(name: "no header at all", bytes: "Hello world\r\nA: 1\r\n\r\nmore\r\n", fields: [], bodyOffset: 0),
        Row(name: "starts with a blank", bytes: " A: 1\r\nB: 2\r\n\r\n", fields: [], bodyOffset: 0),
        Row(
            name: "no empty line", bytes: "A: 1\r\nB: 2\r\n", fields: ["A|A: 1\r\n", "B|B: 2\r\n"], bodyOffset: 12,
            isComplete: false),
        Row(
            name: "cut in a field", bytes: "A: 1\r\nB: 2", fields: ["A|A: 1\r\n", "B|B: 2"], bodyOffset: 10,
            isComplete: false),
        Row(
            name: "cut before the last line feed", bytes: "A: 1\r\n\r", fields: ["A|A: 1\r\n", "|\r"], bodyOffset: 7,
            isComplete: false),
        Row(name: "one word without an end", bytes: "Hello", fields: [], bodyOffset: 0, isComplete: false),
        Row(name: "nothing", bytes: "", fields: [], bodyOffset: 0, isComplete: false),
        Row(name: "a colon in the value", bytes: "A: x:y\r\n\r\n", fields: ["A|A: x:y\r\n"], bodyOffset: 10),
        Row(
            name: "the body looks like a header", bytes: "A: 1\r\n\r\nB: 2\r\n\r\n", fields: ["A|A: 1\r\n"],
            bodyOffset: 8),
    ]

    @Test(arguments: rows) func splits(_ row: Row) {
        let block = HeaderBlock(parsing: Array(row.bytes.utf8))
        #expect(block.fields.map { "\($0.name)|\(String($0.raw))" } == row.fields)
        #expect(block.fields.map(\.isOpaque) == row.fields.map { $0.hasPrefix("|") })
        #expect(block.bodyOffset == row.bodyOffset)
        #expect(block.isComplete == row.isComplete)
    }

    /// The fields' bytes, the empty line and the body are the message again.
    @Test(arguments: rows) func changesNoByte(_ row: Row) {
        let bytes = Array(row.bytes.utf8)
        let block = HeaderBlock(parsing: bytes)
        let header = block.fields.flatMap(\.raw)
        #expect(bytes.starts(with: header))
        #expect(["", "\n", "\r\n"].contains(String(bytes[header.count..<block.bodyOffset])))
    }

    /// Offsets count from the first byte given, wherever in an array it stands.
    @Test(arguments: rows) func readsSlices(_ row: Row) {
        let bytes = Array("before".utf8) + Array(row.bytes.utf8)
        let block = HeaderBlock(parsing: bytes[6...])
        #expect(block.fields.map { "\($0.name)|\(String($0.raw))" } == row.fields)
        #expect(block.bodyOffset == row.bodyOffset)
        #expect(block.isComplete == row.isComplete)
    }

    /// Whatever part of a message is at hand, what is complete in it does not change when more comes.
    @Test func growsByPrefix() {
        let bytes = Array("A: 1\r\n x\r\nB: 2\r\n\r\nbody\r\n".utf8)
        for count in 0...bytes.count {
            let block = HeaderBlock(parsing: bytes[..<count])
            #expect(block.isComplete == (count >= 18))
            #expect(block.bodyOffset == min(count, 18) || block.fields.isEmpty)
        }
    }

    @Test func findsFieldsByName() {
        let block = HeaderBlock(parsing: "Received: 1\nSUBJECT: x\nreceived: 2\nReceive: 3\n\n".wire)
        #expect(block.all(named: "Received").map(\.value) == ["1", "2"])
        #expect(block.first(named: "subject")?.value == "x")
        #expect(block.first(named: "Subjects") == nil)
        #expect(block.first(named: "") == nil)
    }

    @Test func tellsTheMboxLine() {
        #expect(HeaderBlock(parsing: "From a@b Sat\nA: 1\n\n".wire).mboxLine.map { lines($0.raw) } == "From a@b Sat\n")
        #expect(HeaderBlock(parsing: ">From a@b Sat\nA: 1\n\n".wire).mboxLine != nil)
        #expect(HeaderBlock(parsing: "From: a@b\nrubbish\n\n".wire).mboxLine == nil)
        #expect(HeaderBlock(parsing: "\n".wire).mboxLine == nil)
    }
}
