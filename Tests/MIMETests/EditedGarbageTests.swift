import MIME
import MailModel
import Testing

/// Headers put together from pieces that mean something to some parser: whatever they say, nobody outside the envelope
/// is reached, nobody in it is left out, and no byte that may stay is lost.
@Suite struct EditedGarbageTests {
    static let pieces = [
        "To:", "Cc: ", "Bcc:", "bcc :", "Resent-Bcc: ", "From ", "From: ", "X-Postern-Id:", "Subject: ", "\r\n", "\r\n",
        "\r\n ",
        "\n", "\r", "a@x.example", "B@x.example", "stranger@x.example", "<", ">", ",", ";", ":", "\"", "\\", "(", ")",
        "[",
        "]", " ", "\t", "Team", "=?utf-8?Q?s=40x?=", "@", ".", "\u{0}", "ü", "\r\n\r\n", "rubbish",
    ]

    private func garbage(using random: inout some RandomNumberGenerator) -> [UInt8] {
        let count = Int.random(in: 0...25, using: &random)
        let text = (0..<count).map { _ in Self.pieces[Int.random(in: 0..<Self.pieces.count, using: &random)] }
        return Array(text.joined().utf8) + (Int.random(in: 0..<5, using: &random) == 0 ? [0xFC] : [])
    }

    @Test(arguments: 1...4) func reachesTheEnvelopeAlone(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let recipients = envelope("a@x.example", "b@x.example")
        for _ in 0..<500 {
            let bytes = garbage(using: &random)
            let original = HeaderBlock(parsing: bytes)
            guard case .header(let header) = editor(.header(.rewrite)).edit(original, for: recipients) else {
                Issue.record("unrepresentable: \(lines(bytes))")
                continue
            }
            let edited = HeaderBlock(parsing: header)
            #expect(edited.isComplete && edited.bodyOffset == header.count, "\(lines(bytes))")
            #expect(Set(MessageSummary(of: edited).recipients) == Set(recipients.recipients), "\(lines(bytes))")
            #expect(edited.all(named: "X-Postern-Id").count == 1, "\(lines(bytes))")
            #expect(edited.all(named: "Bcc").count <= 1 && edited.first(named: "Resent-Bcc") == nil, "\(lines(bytes))")
        }
    }

    /// Where no reader is sure, refusing and rewriting agree on what there is to do; only what names nobody is left in place
    /// by the one and rewritten away by the other.
    @Test(arguments: 5...8) func refusesWhatItWouldRewrite(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let recipients = envelope("a@x.example", "b@x.example")
        for _ in 0..<500 {
            let bytes = garbage(using: &random)
            let original = HeaderBlock(parsing: bytes)
            guard case .header(let rewritten) = editor(.header(.rewrite)).edit(original, for: recipients) else {
                continue
            }
            let rewrites = HeaderBlock(parsing: rewritten).fields.contains { $0.name.hasPrefix("X-Original-") }
            switch editor(.header(.refuse)).edit(original, for: recipients) {
            case .header(let header): #expect(rewrites || header == rewritten, "\(lines(bytes))")
            case .unrepresentable(let people, let texts):
                #expect(rewrites && !(people.isEmpty && texts.isEmpty), "\(lines(bytes))")
                #expect(!people.contains { recipients.recipients.contains($0) }, "\(lines(bytes))")
            }
        }
    }
}
