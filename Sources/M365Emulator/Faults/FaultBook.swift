import MailModel

/// The rules in force, in the order they were given; the first that fits and fires decides.
struct FaultBook: Sendable {
    struct Entry: Sendable {
        var number: Int
        var rule: FaultRule
        /// Requests it fitted, and those it fired for.
        var seen = 0
        var fired = 0
    }

    private(set) var entries: [Entry] = []
    private var last = 0

    @discardableResult
    mutating func add(_ rule: FaultRule) -> Int {
        last += 1
        entries.append(Entry(number: last, rule: rule))
        return last
    }

    mutating func remove(_ number: Int) -> Bool {
        let before = entries.count
        entries.removeAll { $0.number == number }
        return entries.count < before
    }

    mutating func removeAll() { entries.removeAll() }

    mutating func fault(
        for operation: Operation, mailbox: String, recipient: String = "", stage: FaultRule.Stage? = nil,
        using random: inout some RandomNumberGenerator
    ) -> FaultRule? {
        for index in entries.indices {
            let rule = entries[index].rule
            guard rule.applies(to: operation, mailbox: mailbox, recipient: recipient) else { continue }
            guard stage == nil || stage == rule.stage || rule.stage == .any else { continue }
            if fires(index, using: &random) { return rule }
        }
        return nil
    }

    private mutating func fires(_ index: Int, using random: inout some RandomNumberGenerator) -> Bool {
        entries[index].seen += 1
        let entry = entries[index]
        guard entry.rule.count == 0 || entry.fired < entry.rule.count else { return false }
        guard entry.rule.nth == 0 || entry.seen == entry.rule.nth else { return false }
        guard entry.rule.every == 0 || entry.seen.isMultiple(of: entry.rule.every) else { return false }
        guard entry.rule.probability >= 1 || Double.random(in: 0..<1, using: &random) < entry.rule.probability else {
            return false
        }
        entries[index].fired += 1
        return true
    }
}
