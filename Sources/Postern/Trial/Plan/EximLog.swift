package import DeliveryPolicy
import MailModel

/// A line of Exim's main log that speaks of a message: `DATE TIME ID <= sender … S=1234`, the zone and the process id
/// between them where they are logged ("The Exim Specification", log files).
struct EximLine: Hashable, Sendable {
    /// What follows the id.
    enum Flag: String, Sendable {
        case arrival = "<="
        case delivery = "=>"
        case further = "->"
        case cutThrough = ">>"
        case suppressed = "*>"
        case deferred = "=="
        case failed = "**"
        case completed = "Completed"
    }

    let time: LogTime
    let id: Substring
    let flag: Flag
    let words: [Substring]

    init?(_ line: Substring) {
        var words = line.split(separator: " ")[...]
        guard words.count >= 4, let date = words.popFirst(), let clock = words.popFirst() else { return nil }
        var stamp = "\(date)T\(clock)"
        if let zone = words.first, zone.hasPrefix("+") || zone.hasPrefix("-") { stamp += words.removeFirst() }
        guard let time = LogTime(iso: stamp) else { return nil }
        if words.first?.hasPrefix("[") == true { words.removeFirst() }
        guard let id = words.popFirst(), Self.isID(id),
            let flag = words.popFirst().flatMap({ Flag(rawValue: String($0)) })
        else { return nil }
        self.time = time
        self.id = id
        self.flag = flag
        self.words = Array(words)
    }

    /// `1abcDE-000abc-XY`, since version 4.97 `1abcDE-00000000abc-XYZA`.
    private static func isID(_ text: Substring) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map(\.utf8.count)
        return parts == [6, 6, 2] || parts == [6, 11, 4]
    }

    /// The value behind `name=`.
    func value(_ name: String) -> Substring? {
        words.first { $0.hasPrefix("\(name)=") }.map { $0.dropFirst(name.count + 1) }
    }

    /// Whom a line of delivery speaks of: in angle brackets where it is not the first word.
    var recipient: String {
        let first = words.first ?? ""
        guard words.count > 1, words[1].hasPrefix("<"), words[1].hasSuffix(">") else { return first.lowercased() }
        return words[1].dropFirst().dropLast().lowercased()
    }
}

/// Exim's main log, its lines joined by message id. Recipients are those behind `for`, where the log has them
/// (`log_selector = +received_recipients`), else the different ones it was delivered, deferred or refused to.
package struct EximLog: MailLogReader {
    private struct Entry {
        var message: LoggedMessage?
        var recipients: Set<String> = []
    }

    private var entries: [Substring: Entry] = [:]
    private var line = 0
    package private(set) var unreadable: [UnreadableLine] = []
    package private(set) var hasZone = true

    init() {}

    package mutating func nextFile() {}

    package mutating func read(_ text: Substring) {
        line += 1
        guard let parsed = EximLine(text) else { return }
        if !parsed.time.hasZone { hasZone = false }
        switch parsed.flag {
        case .arrival: note(parsed, text)
        case .delivery, .further, .cutThrough, .suppressed, .deferred, .failed:
            entries[parsed.id, default: Entry()].recipients.insert(parsed.recipient)
        case .completed: break
        }
    }

    package mutating func finish() -> [LoggedMessage] {
        entries.values.compactMap { entry in
            guard var message = entry.message else { return nil }
            if message.recipients == 0 { message.recipients = entry.recipients.count }
            return message
        }
    }

    private mutating func note(_ parsed: EximLine, _ text: Substring) {
        guard let sender = parsed.words.first else { return unreadable.append(UnreadableLine(line, text)) }
        let named =
            parsed.words.lastIndex(of: "for").map { parsed.words[($0 + 1)...].filter { $0.contains("@") } } ?? []
        entries[parsed.id, default: Entry()].message = LoggedMessage(
            date: parsed.time.moment, sender: sender == "<>" ? "" : sender.lowercased(), recipients: named.count,
            size: parsed.value("S").flatMap { Int64($0) })
    }
}
