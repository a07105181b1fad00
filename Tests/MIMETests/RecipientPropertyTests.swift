import MIME
import MailModel
import Testing

/// For any headers and any envelope: the people whom the outgoing header reaches are the envelope's, all and no others.
@Suite struct RecipientPropertyTests {
    @Test(arguments: 1...20) func headerReachesTheEnvelope(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for round in 0..<500 {
            let sample = Sample(using: &random)
            checkRefusing(sample)
            checkRewriting(sample)
            if round.isMultiple(of: 5) { checkEnvelope(sample) }
        }
    }

    private func checkRefusing(_ sample: Sample) {
        let header = HeaderBlock(parsing: sample.header)
        let result = editor(.header(.refuse)).edit(header, for: sample.envelope)
        #expect(header.reachesOnly(sample.envelope) == result.isHeader, "\(sample)")
        switch result {
        case .unrepresentable(let extraneous, let unreadable):
            #expect(Set(extraneous.map(\.folded)) == sample.strangers, "\(sample)")
            #expect(unreadable.isEmpty, "\(sample)")
            #expect(!sample.strangers.isEmpty, "\(sample)")
        case .header(let bytes):
            #expect(sample.strangers.isEmpty, "\(sample)")
            let found = Reader(bytes)
            #expect(found.all == sample.members, "\(sample)")
            #expect(found.visible == sample.visible, "\(sample)")
            #expect(found.hidden.isDisjoint(with: found.visible), "\(sample)")
            let added = ["Received", "X-Postern-Id", "Bcc"]
            let kept = HeaderBlock(parsing: bytes).fields.filter { field in !added.contains(where: field.isNamed) }
            let came = HeaderBlock(parsing: sample.header).fields.filter { field in
                !added.contains(where: field.isNamed)
            }
            #expect(kept.map { Array($0.raw) } == came.map { Array($0.raw) }, "\(sample)")
        }
    }

    private func checkRewriting(_ sample: Sample) {
        guard
            case .header(let bytes) = editor(.header(.rewrite)).edit(
                HeaderBlock(parsing: sample.header), for: sample.envelope)
        else {
            Issue.record("unrepresentable: \(sample)")
            return
        }
        let found = Reader(bytes)
        #expect(found.all == sample.members, "\(sample)")
        #expect(found.visible == sample.visible.intersection(sample.members), "\(sample)")
        #expect(found.hidden.isDisjoint(with: found.visible), "\(sample)")
        expectNoLeak(bytes, sample)
    }

    /// By envelope nobody is hidden in the header, and nobody new is visible.
    private func checkEnvelope(_ sample: Sample) {
        guard
            case .header(let bytes) = editor(.envelope).edit(HeaderBlock(parsing: sample.header), for: sample.envelope)
        else {
            Issue.record("unrepresentable: \(sample)")
            return
        }
        let found = Reader(bytes)
        #expect(found.hidden.isEmpty, "\(sample)")
        #expect(found.visible == sample.visible, "\(sample)")
        expectNoLeak(bytes, sample)
    }

    /// Who stood in Bcc alone and is not in the envelope is nowhere any more.
    private func expectNoLeak(_ bytes: [UInt8], _ sample: Sample) {
        let text = String(bytes).lowercased()
        for person in sample.blind.subtracting(sample.visible.union(sample.members).union(sample.mentioned)) {
            #expect(!text.contains(person), "\(person) leaked: \(sample)")
        }
    }
}

/// A header made of known people, and an envelope.
private struct Sample: CustomStringConvertible {
    private(set) var header: [UInt8] = []
    let envelope: Envelope
    private(set) var visible: Set<String> = []
    private(set) var blind: Set<String> = []
    /// In a field that is nobody's business here.
    private(set) var mentioned: Set<String> = []

    let members: Set<String>
    var strangers: Set<String> { visible.subtracting(members) }
    var description: String { "envelope \(envelope.recipients)\n\(lines(header))" }

    private static let people = [
        "ann@x.example", "bob@x.example", "carl.c@sub.x.example", "dora+tag@y.example", "o'neil@y.example",
        "root@[192.0.2.1]", "jürgen@müller.example", #""emil e"@y.example"#, #""f@f,g"@y.example"#, "hal@y.example",
    ]

    init(using random: inout some RandomNumberGenerator) {
        let share: Double = [0, 0.2, 0.5, 1].randomElement(using: &random) ?? 0
        var invited = Self.people.filter { _ in Double.random(in: 0..<1, using: &random) < 0.5 }
        if invited.isEmpty { invited = [Self.people[0]] }
        envelope = Envelope(sender: nil, recipients: invited.map { address(Self.randomCase($0, using: &random)) })
        members = Set(envelope.recipients.map(\.folded))
        var fields = ["From: app@contoso.com", "Date: x", "Message-ID: <1@x>", "Subject: x@y.example, <z@y.example>"]
        for name in ["To", "Cc", "Bcc", ["To", "CC", "bcc", "Reply-To"].randomElement(using: &random) ?? "To"] {
            guard Double.random(in: 0..<1, using: &random) < 0.7 else { continue }
            let people = Self.people.filter { person in
                let chance = invited.contains(person) || name.lowercased() == "bcc" ? 0.4 : 0.4 * share
                return Double.random(in: 0..<1, using: &random) < chance
            }
            switch name.lowercased() {
            case "bcc": blind.formUnion(people.map { address($0).folded })
            case "reply-to": mentioned.formUnion(people.map { address($0).folded })
            default: visible.formUnion(people.map { address($0).folded })
            }
            fields.append("\(name): \(Self.list(people, using: &random))")
        }
        header = (fields.shuffled(using: &random).joined(separator: "\n") + "\n\n").wire
    }

    private static func list(_ people: [String], using random: inout some RandomNumberGenerator) -> String {
        var text = people.map { mailbox($0, using: &random) }
            .joined(separator: [", ", ",\n ", ",", " ,\n\t"].randomElement(using: &random) ?? ", ")
        if Bool.random(using: &random), !people.isEmpty { text = "\"The, Team\": \(text);" }
        if people.isEmpty, Bool.random(using: &random) { text = "undisclosed-recipients:;" }
        return text
    }

    private static func mailbox(_ person: String, using random: inout some RandomNumberGenerator) -> String {
        let written = randomCase(person, using: &random)
        switch Int.random(in: 0..<10, using: &random) {
        case 0: return "Person <\(written)>"
        case 1: return "\"Person, A\" <\(written)>"
        case 2: return "\"nobody@z.example\" <\(written)>"
        case 3: return "=?utf-8?Q?P=C3=A9r=40son?= <\(written)>"
        case 4: return "\(written) (comment, with <angles@z.example>)"
        case 5: return "<@route.example,@other.example:\(written)>"
        case 6: return "\"quo\\\"ted\"\n <\(written)>"
        case 7: return "Jürgen <\(written)>"
        default: return written
        }
    }

    private static func randomCase(_ person: String, using random: inout some RandomNumberGenerator) -> String {
        Bool.random(using: &random) ? person : person.uppercased()
    }
}

/// A strict reader of its own, so that the room's reader does not judge itself.
private struct Reader {
    private(set) var visible: Set<String> = []
    private(set) var hidden: Set<String> = []
    var all: Set<String> { visible.union(hidden) }

    init(_ header: [UInt8]) {
        let unfolded = lines(header).replacing("\n ", with: " ").replacing("\n\t", with: " ")
        for line in unfolded.split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let people = Self.people(in: line[line.index(after: colon)...])
            switch line[..<colon].lowercased() {
            case "to", "cc": visible.formUnion(people)
            case "bcc": hidden.formUnion(people)
            default: break
            }
        }
    }

    /// Cuts at commas, colons and semicolons outside quotes, comments and angles; what stands in angles is the address.
    private static func people(in value: Substring) -> [String] {
        var pieces: [[UInt8]] = [[]]
        var (isQuoted, isEscaped, isAngled, depth) = (false, false, false, 0)
        for byte in value.utf8 {
            let isPlain = !isQuoted && depth == 0
            defer { isEscaped = !isEscaped && byte == UInt8(ascii: "\\") }
            if byte == UInt8(ascii: "\""), !isEscaped, depth == 0 { isQuoted.toggle() }
            if isPlain, byte == UInt8(ascii: "(") { depth += 1 }
            if depth > 0 {
                if byte == UInt8(ascii: ")") { depth -= 1 }
                continue
            }
            switch (isPlain, byte) {
            case (true, UInt8(ascii: "<")): (isAngled, pieces[pieces.count - 1]) = (true, [])
            case (true, UInt8(ascii: ">")): isAngled = false
            case (true, UInt8(ascii: " ")), (true, UInt8(ascii: "\t")): break
            case (true, UInt8(ascii: ":")): pieces.append([])
            case (true, UInt8(ascii: ",")) where !isAngled, (true, UInt8(ascii: ";")): pieces.append([])
            default: pieces[pieces.count - 1].append(byte)
            }
        }
        return pieces.compactMap { piece in
            guard piece.contains(UInt8(ascii: "@")), piece.first != UInt8(ascii: "@") else { return nil }
            return try? Address(parsing: String(piece)).folded
        }
    }
}

extension OutgoingHeader {
    fileprivate var isHeader: Bool { if case .header = self { true } else { false } }
}
