package import DeliveryPolicy
import MailModel

/// Postfix's mail log, its lines joined by queue id. A message counts once, when qmgr names its sender, with the time at
/// which its queue id came up first; later tries of it do not count again. Queue ids may come back once a message is
/// `removed`.
///
/// A message that was handed to a content filter comes back as another one. Where the filter's answer names the new queue
/// id (`queued as …`), and that is in the log, too, only the new one counts.
package struct PostfixLog: MailLogReader {
    private struct Entry {
        var first: Timestamp
        var message: LoggedMessage?
    }

    private let reference: Timestamp
    private var open: [Substring: Entry] = [:]
    private var done: [(id: Substring, message: LoggedMessage)] = []
    /// From the id a filter was given to the id it gave.
    private var handedOn: [Substring: Substring] = [:]
    private var line = 0
    package private(set) var unreadable: [UnreadableLine] = []
    package private(set) var hasZone = true

    init(reference: Timestamp) { self.reference = reference }

    package mutating func nextFile() {}

    package mutating func read(_ text: Substring) {
        line += 1
        guard let parsed = PostfixLine(text, reference: reference) else { return }
        if !parsed.time.hasZone { hasZone = false }
        switch parsed.daemon {
        case "qmgr" where parsed.text.hasPrefix("removed"): close(parsed.queueID)
        case "qmgr", "nqmgr": note(parsed, text)
        case "smtpd", "pickup", "cleanup": _ = entry(parsed)
        case "smtp", "lmtp", "relay": noteHandover(parsed)
        default: break
        }
    }

    package mutating func finish() -> [LoggedMessage] {
        for id in Array(open.keys) { close(id) }
        let known = Set(done.map(\.id))
        return done.filter { entry in
            guard let next = handedOn[entry.id], next != entry.id else { return true }
            return !known.contains(next)
        }.map(\.message)
    }

    private mutating func entry(_ parsed: PostfixLine) -> Entry {
        if let entry = open[parsed.queueID] { return entry }
        let entry = Entry(first: parsed.time.moment)
        open[parsed.queueID] = entry
        return entry
    }

    private mutating func note(_ parsed: PostfixLine, _ text: Substring) {
        guard let sender = parsed.value("from") else { return }
        var entry = entry(parsed)
        guard entry.message == nil else { return }
        guard let count = parsed.value("nrcpt").flatMap({ Int($0) }), count >= 0 else {
            return unreadable.append(UnreadableLine(line, text))
        }
        entry.message = LoggedMessage(
            date: entry.first, sender: sender.lowercased(), recipients: count,
            size: parsed.value("size").flatMap { Int64($0) })
        open[parsed.queueID] = entry
    }

    private mutating func noteHandover(_ parsed: PostfixLine) {
        guard let words = parsed.text.firstRange(of: "queued as ") else { return }
        let next = parsed.text[words.upperBound...].prefix { $0.isLetter || $0.isNumber }
        handedOn[parsed.queueID] = next
    }

    private mutating func close(_ id: Substring) {
        guard let message = open.removeValue(forKey: id)?.message else { return }
        done.append((id, message))
    }
}
