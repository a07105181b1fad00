import ArgumentParser
import Postern

/// `postern config check` and `postern config show`
struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Validate the configuration, or show what it comes to.",
        subcommands: [Check.self, Show.self], defaultSubcommand: Check.self)

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say everything that is wrong with the configuration, with file, line and key.")

        @OptionGroup var options: ConfigurationOptions

        func run() async throws {
            try await perform { terminal in
                let configuration = try options.load(terminal)
                try Gateway.checkFiles(of: configuration)
                terminal.write("\(ConfigurationFile(path: options.config).path): \(terminal.paint("ok", .green))")
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the configuration with every default filled in and every secret masked.")

        @OptionGroup var options: ConfigurationOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try await perform { terminal in
                let effective = try options.load(terminal).effective
                terminal.write(output.json ? effective.json.written() : effective.yaml.joined(separator: "\n"))
            }
        }
    }
}

extension EffectiveValue {
    var json: JSON {
        switch self {
        case .text(let text): .string(text)
        case .number(let number): number == number.rounded() ? .integer(Int64(number)) : .number(number)
        case .none: .null
        case .list(let values): .array(values.map(\.json))
        case .keys(let entries): .object(entries.map { JSON.Member($0.0, $0.1.json) })
        }
    }

    /// The lines of a YAML document that reads back as the same configuration, but for the secrets.
    var yaml: [String] { block(of: self) }

    private func block(of value: EffectiveValue) -> [String] {
        switch value {
        case .keys(let entries) where !entries.isEmpty: entries.flatMap { entry in lines(entry.0, entry.1) }
        case .list(let values) where !values.isEmpty: values.flatMap(item)
        case .text, .number, .none, .list, .keys: [value.inline]
        }
    }

    private func lines(_ key: String, _ value: EffectiveValue) -> [String] {
        let name = Self.scalar(key)
        return value.isBlock ? ["\(name):"] + block(of: value).map { "  \($0)" } : ["\(name): \(value.inline)"]
    }

    private func item(_ value: EffectiveValue) -> [String] {
        block(of: value).enumerated().map { $0 == 0 ? "- \($1)" : "  \($1)" }
    }

    private var isBlock: Bool {
        switch self {
        case .keys(let entries): !entries.isEmpty
        case .list(let values): values.contains { if case .keys = $0 { true } else { false } }
        case .text, .number, .none: false
        }
    }

    private var inline: String {
        switch self {
        case .text(let text): Self.scalar(text)
        case .number(let number): number == number.rounded() ? String(Int64(number)) : String(number)
        case .none: "~"
        case .list(let values): "[\(values.map(\.inline).joined(separator: ", "))]"
        case .keys: "{}"
        }
    }

    /// Quoted unless it is plainly a word.
    private static func scalar(_ text: String) -> String {
        let isPlain = text.first?.isLetter == true && text.utf8.allSatisfy { $0.isPlain }
        return isPlain && !["true", "false", "yes", "no", "on", "null"].contains(text.lowercased()) ? text : quote(text)
    }

    private static func quote(_ text: String) -> String {
        "\"\(text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined())\""
    }
}

extension UInt8 {
    fileprivate var isPlain: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "._-/@".utf8.contains(self)
        }
    }
}
