import MIME
import Testing

/// What `PartStructureTests` shows of a whole message must not depend on how it is cut.
@Suite struct PartScannerTests {
    private static func tree(_ part: PartStructure) -> String {
        "\(part.contentType.name) \(part.bodyRange) [\(part.parts.map(tree).joined(separator: "; "))]"
    }

    private static func scan(_ bytes: [UInt8], _ sizes: () -> Int) -> PartStructure {
        var scanner = PartScanner()
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = min(rest.count, sizes())
            scanner.append(rest.prefix(count))
            rest = rest.dropFirst(count)
        }
        return scanner.finish()
    }

    @Test(arguments: PartStructureTests.rows) func readsByteByByte(_ row: PartStructureTests.Row) {
        for bytes in [row.message.wire, Array(row.message.utf8)] {
            #expect(Self.tree(Self.scan(bytes) { 1 }) == Self.tree(PartStructure(parsing: bytes)))
        }
    }

    @Test func readsInAnyPieces() {
        var random = SeededGenerator(seed: 8)
        let pieces = [
            "Content-Type: multipart/mixed; boundary=b\n", "\n", "\r\n", "--b\n", "--b--\n", "x", ":", "\r", "--",
            "Content-Type: multipart/related; boundary=bb\r\n", "--bb\n", "--bb--\r\n",
            String(repeating: "y", count: 1200),
        ]
        for _ in 0..<1000 {
            let text = (0..<Int.random(in: 0...30, using: &random)).map { _ in
                pieces.randomElement(using: &random) ?? ""
            }
            let bytes = Array(text.joined().utf8)
            let whole = PartStructure(parsing: bytes)
            let cut = Self.scan(bytes) { Int.random(in: 1...9, using: &random) }
            #expect(Self.tree(cut) == Self.tree(whole), "\(text)")
        }
    }

    @Test(arguments: ["\r\n", "\n"], [10, 999, 1000, 1001, 70_000])
    func keepsLongLinesWhole(_ end: String, _ length: Int) {
        let line = String(repeating: "z", count: length)
        let message =
            "Content-Type: multipart/mixed; boundary=b\(end)\(end)--b\(end)\(end)\(line)\(end)--b--\(end)"
        let bytes = Array(message.utf8)
        let part = PartStructure(parsing: bytes).parts[0]
        #expect(String(bytes[part.bodyRange]) == line)
    }

    @Test func saysWhatItHasNotSeen() {
        func sawAll(_ message: String, _ budget: PartScanner.Budget) -> Bool {
            var scanner = PartScanner(budget: budget)
            scanner.append(message.wire)
            _ = scanner.finish()
            return scanner.sawAll
        }
        let two = "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b\n\ny\n--b--\n"
        let nested =
            "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\nx\n"
        #expect(sawAll(two, .init(depth: 1, parts: 2)))
        #expect(!sawAll(two, .init(depth: 1, parts: 1)))
        #expect(!sawAll(two, .init(depth: 0, parts: 2)))
        #expect(!sawAll(nested, .init(depth: 1, parts: 9)))
        #expect(sawAll(nested, .init(depth: 2, parts: 9)))
        #expect(!sawAll("Subject: \(String(repeating: "s", count: 100))\n\nx", .init(headers: 60)))
        #expect(!sawAll(String(repeating: "X: y\n", count: 20) + "\nx", .init(headers: 60)))
    }
}
