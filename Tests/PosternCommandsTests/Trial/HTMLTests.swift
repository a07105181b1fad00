import Testing

@testable import PosternCommands

@Suite struct HTMLTests {
    @Test(
        arguments: [
            ("plain", "plain"), ("<b>", "&lt;b&gt;"), ("a & b", "a &amp; b"), ("\"'", "&quot;&#39;"),
            ("&lt;", "&amp;lt;"), ("a\u{0}b\u{1B}c", "a\u{FFFD}b\u{FFFD}c"), ("a\nb\tc", "a\nb\tc"),
            ("\u{202E}evil\u{2066}", "\u{FFFD}evil\u{FFFD}"), ("é 漢 😀", "é 漢 😀"), ("", ""), ("\u{85}", "\u{FFFD}"),
        ])
    func escapes(_ text: String, _ markup: String) { #expect(HTML.text(text).markup == markup) }

    @Test func attributesAreEscapedAsWell() {
        let element = HTML.element("p", ["class": "a\" onclick=\"x"], "<")
        #expect(element.markup == "<p class=\"a&quot; onclick=&quot;x\">&lt;</p>")
    }

    @Test func elementsHoldElements() {
        let element = HTML.element("ul", [.element("li", "one"), .element("li", [.void("br", ["id": "2"])])])
        #expect(element.markup == "<ul><li>one</li><li><br id=\"2\"></li></ul>")
    }

    /// Whatever comes in, nothing that opens a tag, ends an attribute or begins a reference goes out.
    @Test func nothingBreaksOut() {
        for value in UInt32(0)...0x3000 {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let markup = HTML.escaped(String(scalar))
            let plain = markup.replacing(/&(amp|lt|gt|quot|#39);/, with: "")
            #expect(!plain.contains { "<>&\"'".contains($0) }, "\(value)")
        }
    }
}
