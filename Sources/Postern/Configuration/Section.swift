import DeliveryPolicy
import MailModel
import Yams

/// A mapping of the configuration file on its way to values: strict about keys and types, and collecting every problem
/// with its line instead of stopping at the first.
final class Section {
    /// What all sections of one file share.
    final class Reader {
        let file: String
        let secrets: SecretSources
        private(set) var problems: [ConfigurationProblem] = []

        init(file: String, secrets: SecretSources) {
            self.file = file
            self.secrets = secrets
        }

        func report(_ text: String, key: String, line: Int?, severity: ConfigurationProblem.Severity = .error) {
            problems.append(
                ConfigurationProblem(severity: severity, file: file, line: line, key: key, text: text))
        }
    }

    let reader: Reader
    private let path: String
    private let line: Int?
    private let entries: [(name: String, key: Node, value: Node)]
    private var known: [String] = []

    init(_ mapping: Node.Mapping, path: String, line: Int?, reader: Reader) {
        self.reader = reader
        self.path = path
        self.line = line
        entries = mapping.map { ($0.key.string ?? "?", $0.key, $0.value) }
    }

    // MARK: Reading one key

    /// The value under `key`; `nil` where it is missing or written as `~`.
    private func node(_ key: String) -> Node? {
        known.append(key)
        guard let value = entries.first(where: { $0.name == key })?.value, value.null == nil else { return nil }
        return value
    }

    func has(_ key: String) -> Bool { entries.contains { $0.name == key && $0.value.null == nil } }

    /// Reads a scalar by `parse`; what it does not accept is a problem that says what was `expected`.
    func scalar<Value>(_ key: String, expected: String, parse: (String) -> Value?) -> Value? {
        guard let node = node(key) else { return nil }
        return scalar(node, at: name(key), expected: expected, parse: parse)
    }

    private func scalar<Value>(_ node: Node, at key: String, expected: String, parse: (String) -> Value?) -> Value? {
        guard let text = node.scalar?.string else {
            reader.report("expected \(expected), found \(node.kind)", key: key, line: node.mark?.line)
            return nil
        }
        guard let value = parse(text) else {
            reader.report("expected \(expected), found `\(text)`", key: key, line: node.mark?.line)
            return nil
        }
        return value
    }

    func string(_ key: String, expected: String = "a text") -> String? {
        scalar(key, expected: expected) { $0.isEmpty ? nil : $0 }
    }

    func required(_ key: String, expected: String = "a text") -> String? {
        if !has(key) { missing(key) }
        return string(key, expected: expected)
    }

    func integer(_ key: String, in range: ClosedRange<Int>) -> Int? {
        scalar(key, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)") {
            Int($0).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    func number(_ key: String, in range: ClosedRange<Double>) -> Double? {
        scalar(key, expected: "a number from \(range.lowerBound) to \(range.upperBound)") {
            Double($0).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    func duration(_ key: String, in range: ClosedRange<Duration> = .zero ... .seconds(3650 * 86400)) -> Duration? {
        let limits = "\(Quantity.text(range.lowerBound)) to \(Quantity.text(range.upperBound))"
        return scalar(key, expected: "a duration such as 250ms, 30s, 5m, 2h or 3d, from \(limits)") {
            Quantity.duration($0).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    func size(_ key: String, in range: ClosedRange<Int64>) -> Int64? {
        let limits = "\(Quantity.text(octets: range.lowerBound)) to \(Quantity.text(octets: range.upperBound))"
        return scalar(key, expected: "a size such as 64KB, 35MB or 4MiB, from \(limits)") {
            Quantity.size($0).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    func rate(_ key: String) -> Rate? {
        scalar(key, expected: "a number per duration such as 30/m, 20/8s or 10000/d") { text in
            text.prefix { $0 != "/" }.allSatisfy(\.isNumber) ? Quantity.rate(text) : nil
        }
    }

    /// Octets per duration.
    func sizeRate(_ key: String) -> Rate? {
        scalar(key, expected: "a size per duration such as 150MB/5m", parse: Quantity.rate)
    }

    func choice<Value: RawRepresentable & CaseIterable>(_ key: String, of type: Value.Type = Value.self) -> Value?
    where Value.RawValue == String {
        choice(key) { Value(rawValue: $0) }
    }

    /// A choice among words; YAML reads a bare `off` as text, which is what is wanted.
    private func choice<Value: RawRepresentable & CaseIterable>(_ key: String, parse: (String) -> Value?) -> Value?
    where Value.RawValue == String {
        scalar(key, expected: "one of " + Value.allCases.map(\.rawValue).joined(separator: ", "), parse: parse)
    }

    func pattern(_ key: String) -> [SenderPattern] { list(key, expected: Self.patternForm) { SenderPattern($0) } }

    static let patternForm = "an address, *@domain, *@*.domain or *"

    // MARK: Reading what has parts

    /// A list of scalars; a single scalar stands for a list of one.
    func list<Value>(_ key: String, expected: String, parse: (String) -> Value?) -> [Value] {
        guard let node = node(key) else { return [] }
        guard let sequence = node.sequence else {
            return scalar(node, at: name(key), expected: "a list of \(expected)", parse: parse).map { [$0] } ?? []
        }
        return sequence.enumerated().compactMap {
            scalar($1, at: "\(name(key))[\($0)]", expected: expected, parse: parse)
        }
    }

    func section(_ key: String) -> Section? {
        guard let node = node(key) else { return nil }
        return section(node, at: name(key))
    }

    func sections(_ key: String) -> [Section] {
        guard let node = node(key) else { return [] }
        guard let sequence = node.sequence else {
            reader.report("expected a list, found \(node.kind)", key: name(key), line: node.mark?.line)
            return []
        }
        return sequence.enumerated().compactMap { section($1, at: "\(name(key))[\($0)]") }
    }

    private func section(_ node: Node, at key: String) -> Section? {
        guard let mapping = node.mapping else {
            reader.report("expected keys and values, found \(node.kind)", key: key, line: node.mark?.line)
            return nil
        }
        return Section(mapping, path: key, line: node.mark?.line, reader: reader)
    }

    /// The entries of a mapping whose keys are data, not names: `{"*@contoso.com": noreply@contoso.com}`.
    func pairs<Key, Value>(_ key: String, keys: (String) -> Key?, values: (String) -> Value?, expected: String) -> [(
        Key, Value
    )] {
        guard let node = node(key) else { return [] }
        guard let mapping = node.mapping else {
            reader.report("expected \(expected), found \(node.kind)", key: name(key), line: node.mark?.line)
            return []
        }
        return mapping.compactMap { entry in
            guard let left = scalar(entry.key, at: name(key), expected: expected, parse: keys),
                let right = scalar(entry.value, at: name(key), expected: expected, parse: values)
            else { return nil }
            return (left, right)
        }
    }

    // MARK: Secrets

    /// A secret in place, or as `{file: PATH}`, `{env: NAME}` or `{credential: NAME}`.
    func secret(_ key: String) -> Secret? { node(key).flatMap { secret($0, at: name(key)) } }

    /// One secret, or a list of them.
    func secrets(_ key: String) -> [Secret] {
        guard let node = node(key) else { return [] }
        guard let sequence = node.sequence else { return secret(node, at: name(key)).map { [$0] } ?? [] }
        return sequence.enumerated().compactMap { secret($1, at: "\(name(key))[\($0)]") }
    }

    private func secret(_ node: Node, at key: String) -> Secret? {
        if let text = node.scalar?.string, !text.isEmpty { return Secret(text) }
        guard let entry = node.mapping?.first, node.mapping?.count == 1, let value = entry.value.scalar?.string,
            let source = SecretSources.Kind(rawValue: entry.key.string ?? "")
        else {
            let forms = "a text, {file: PATH}, {env: NAME} or {credential: NAME}"
            reader.report("expected a secret as \(forms)", key: key, line: node.mark?.line)
            return nil
        }
        switch reader.secrets.read(source, value) {
        case .success(let secret): return secret
        case .failure(let failure):
            reader.report(failure.text, key: key, line: node.mark?.line)
            return nil
        }
    }

    // MARK: Problems

    func name(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    func missing(_ key: String, _ text: String = "is missing") { reader.report(text, key: name(key), line: line) }

    func problem(_ key: String, _ text: String, severity: ConfigurationProblem.Severity = .error) {
        let mark = entries.first { $0.name == key }?.key.mark
        reader.report(text, key: name(key), line: mark?.line ?? line, severity: severity)
    }

    /// Keys of the contract that this version does not act on: said, not swallowed.
    func later(_ keys: String...) {
        for key in keys {
            if has(key) { problem(key, "has no effect in this version", severity: .warning) }
            known.append(key)
        }
    }

    /// To be called when all keys are read: what is left was not meant to be there.
    func finish() {
        for entry in entries where !known.contains(entry.name) {
            let hint = Spelling.nearest(to: entry.name, among: known).map { "; did you mean `\($0)`?" } ?? ""
            reader.report("unknown key\(hint)", key: name(entry.name), line: entry.key.mark?.line)
        }
    }
}

extension Node {
    /// What a person would call it in a message.
    fileprivate var kind: String {
        switch self {
        case .scalar(let scalar): "`\(scalar.string)`"
        case .mapping: "keys and values"
        case .sequence: "a list"
        case .alias: "an alias"
        }
    }
}
