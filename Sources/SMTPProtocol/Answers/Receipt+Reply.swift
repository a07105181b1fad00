// The id in a server's answer to the final dot, in the words of the servers that give one.

import MailModel

extension Receipt {
    /// - Parameter reply: a positive one.
    init(_ reply: Reply) {
        let text = SaidRefusal.clean(reply.text)
        self.init(status: reply.code, requestID: Self.id(in: text), text: text)
    }

    /// Exchange's `OK <id@host> [Hostname=…]`, Postfix's `Ok: queued as 4XYZ`, Exim's `OK id=1abc-…`, sendmail's and OpenSMTPD's
    /// `abc123 Message accepted for delivery`.
    private static func id(in text: String) -> String? {
        let words = text.split(separator: " ")
        if let id = words.first(where: { $0.hasPrefix("<") && $0.hasSuffix(">") && $0.contains("@") }) {
            return String(id)
        }
        if let id = words.first(where: { $0.lowercased().hasPrefix("id=") }) { return named(id.dropFirst(3)) }
        let folded = words.map { $0.lowercased() }
        if let at = folded.indices.first(where: { folded[$0...].starts(with: ["queued", "as"]) }), at + 2 < words.count
        {
            return named(words[at + 2])
        }
        guard folded.dropFirst().starts(with: ["message", "accepted"]) else { return nil }
        return named(words[0])
    }

    private static func named(_ word: Substring) -> String? {
        var word = word
        while let last = word.last, ".,;)".contains(last) { word.removeLast() }
        return word.isEmpty ? nil : String(word)
    }
}
