import Foundation
import Logging
import MailModel
import NIOConcurrencyHelpers
import Postern

/// Log lines on standard error: for people, or one JSON document a line.
struct StandardErrorLog: LogHandler {
    typealias Settings = Postern.Configuration.LogSettings

    /// Asked anew for every line, because a reload may change them.
    let settings: NIOLockedValueBox<Settings>
    var metadata = Logger.Metadata()
    private var ownLevel: Logger.Level?

    init(_ settings: NIOLockedValueBox<Settings>) { self.settings = settings }

    static func logger(_ settings: NIOLockedValueBox<Settings>) -> Logger {
        Logger(label: "postern") { _ in StandardErrorLog(settings) }
    }

    static func logger(_ settings: Settings) -> Logger { logger(NIOLockedValueBox(settings)) }

    var logLevel: Logger.Level {
        get { ownLevel ?? settings.withLockedValue { Logger.Level(rawValue: $0.level.rawValue) } ?? .info }
        set { ownLevel = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let given = event.metadata ?? [:]
        let all = (metadata.isEmpty ? given : metadata.merging(given) { $1 }).sorted { $0.key < $1.key }.map {
            ($0.key, Self.text(of: $0.value))
        }
        let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        let line =
            switch settings.withLockedValue(\.format) {
            case .text: Self.text(now, event, all)
            case .json: Self.json(now, event, all)
            }
        StandardError.write(line + "\n")
    }

    private static func text(_ now: Timestamp, _ event: LogEvent, _ metadata: [(String, String)]) -> String {
        var line = "\(now) \(event.level) \(event.message)"
        for (key, value) in metadata {
            line += " "
            line += key
            line += "="
            line += quoted(value)
        }
        return line
    }

    private static func text(of value: Logger.Metadata.Value) -> String {
        if case .string(let text) = value { text } else { "\(value)" }
    }

    private static func quoted(_ text: String) -> String {
        text.unicodeScalars.contains(where: needsQuotes) ? JSON.string(text).written() : text
    }

    /// Scalar by scalar: looking for whole characters would cost more than all the rest of a line.
    private static func needsQuotes(_ scalar: Unicode.Scalar) -> Bool {
        guard scalar.isASCII else { return scalar.properties.isWhitespace }
        return scalar.value <= 0x20 || scalar.value == 0x7F || scalar == "\""
    }

    private static func json(_ now: Timestamp, _ event: LogEvent, _ metadata: [(String, String)]) -> String {
        let members = [
            JSON.Member("time", .string(now.description)), .init("level", .string(event.level.rawValue)),
            .init("message", .string(event.message.description)),
        ]
        return JSON.object(members + metadata.map { .init($0.0, .string($0.1)) }).line
    }
}

extension JSON {
    /// Without line breaks.
    fileprivate var line: String {
        written().split(separator: "\n").map { $0.drop { $0 == " " } }.joined(separator: " ")
    }
}
