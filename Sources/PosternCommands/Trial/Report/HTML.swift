/// A piece of a page. Whatever comes as text is escaped here, so that no subject, address or refusal can be more than text;
/// names of elements and attributes, and the style sheet, are literals of the program.
struct HTML: Hashable {
    let markup: String

    private init(markup: String) { self.markup = markup }

    static func text(_ text: String) -> HTML { HTML(markup: escaped(text)) }

    /// As it stands: for the style sheet.
    static func literal(_ text: StaticString) -> HTML { HTML(markup: "\(text)") }

    static func element(
        _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String>, _ content: [HTML]
    ) -> HTML {
        HTML(markup: open(name, attributes) + content.map(\.markup).joined() + "</\(name)>")
    }

    static func element(_ name: StaticString, _ content: [HTML]) -> HTML { element(name, [:], content) }

    static func element(
        _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String>, _ content: String
    ) -> HTML {
        element(name, attributes, [text(content)])
    }

    static func element(_ name: StaticString, _ content: String) -> HTML { element(name, [:], [text(content)]) }

    /// An element that has no end of its own: `meta`, `br`.
    static func void(_ name: StaticString, _ attributes: KeyValuePairs<StaticString, String> = [:]) -> HTML {
        HTML(markup: open(name, attributes))
    }

    private static func open(_ name: StaticString, _ attributes: KeyValuePairs<StaticString, String>) -> String {
        "<\(name)" + attributes.map { " \($0)=\"\(escaped($1))\"" }.joined() + ">"
    }

    /// What has a meaning in markup is written as a reference (HTML Living Standard, 13.1.4); what steers a terminal or turns
    /// the direction of writing around becomes U+FFFD.
    static func escaped(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;".unicodeScalars
            case "<": result += "&lt;".unicodeScalars
            case ">": result += "&gt;".unicodeScalars
            case "\"": result += "&quot;".unicodeScalars
            case "'": result += "&#39;".unicodeScalars
            case "\n", "\t": result.append(scalar)
            case "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}", "\u{200E}", "\u{200F}", "\u{61C}":
                result.append("\u{FFFD}")
            default: result.append(scalar.properties.generalCategory == .control ? "\u{FFFD}" : scalar)
            }
        }
        return String(result)
    }
}
