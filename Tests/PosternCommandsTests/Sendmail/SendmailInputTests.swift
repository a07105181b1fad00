import Testing

@testable import PosternCommands

@Suite struct SendmailInputTests {
    private func read(_ text: String, endsAtDot: Bool = true, step: Int = .max) -> String {
        var input = SendmailInput(endsAtDot: endsAtDot)
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            input.take(rest.prefix(step))
            rest = rest.dropFirst(step)
        }
        input.finish()
        return String(decoding: input.content, as: UTF8.self)
    }

    static let texts = [
        ("", ""), ("a", "a\r\n"), ("a\n", "a\r\n"), ("a\nb\n", "a\r\nb\r\n"), ("a\r\nb\r\n", "a\r\nb\r\n"),
        ("a\r\n\r\nb", "a\r\n\r\nb\r\n"), ("\n\n", "\r\n\r\n"), ("a\rb\n", "a\r\nb\r\n"),
        ("a\r\r\nb", "a\r\n\r\nb\r\n"),
        ("a\r", "a\r\n"), ("Grüße\n", "Grüße\r\n"), ("a\n.\nb\n", "a\r\n"), ("a\r\n.\r\nb\r\n", "a\r\n"),
        ("a\n.", "a\r\n"), (".\nb\n", ""), ("a\n..\nb\n", "a\r\n..\r\nb\r\n"), ("a\n.b\n", "a\r\n.b\r\n"),
        ("a.\nb\n", "a.\r\nb\r\n"), ("a\n. \nb\n", "a\r\n. \r\nb\r\n"),
        // A bare return is a line end in the text, but ends no message.
        ("a\r.\rb\n", "a\r\n.\r\nb\r\n"),
    ]

    @Test(arguments: texts) func linesAreThoseOfMail(_ text: String, _ expected: String) {
        #expect(read(text) == expected)
    }

    @Test(arguments: texts) func thePiecesMakeNoDifference(_ text: String, _ expected: String) {
        #expect(read(text, step: 1) == expected)
    }

    @Test(arguments: [
        ("a\n.\nb\n", "a\r\n.\r\nb\r\n"), (".\n", ".\r\n"), ("a\n.", "a\r\n.\r\n"), ("a\r\n.\r\n", "a\r\n.\r\n"),
    ])
    func aDotIsTextWhereItIsToldTo(_ text: String, _ expected: String) {
        #expect(read(text, endsAtDot: false) == expected)
    }

    @Test func theDotEndsReadingAtOnce() {
        var input = SendmailInput(endsAtDot: true)
        input.take("a\n.\n".utf8)
        #expect(input.isFinished)
        input.take("b\n".utf8)
        input.finish()
        #expect(input.content == Array("a\r\n".utf8))
    }
}
