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
        let all = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }.map {
            ($0.key, "\($0.value)")
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
        let pairs = metadata.map { "\($0.0)=\(quoted($0.1))" }.joined(separator: " ")
        return "\(now) \(event.level) \(event.message)\(pairs.isEmpty ? "" : " \(pairs)")"
    }

    private static func quoted(_ text: String) -> String {
        // Plain text, which is nearly all there is, needs no look at its characters.
        if text.utf8.allSatisfy({ 0x21...0x7E ~= $0 && $0 != UInt8(ascii: "\"") }) { return text }
        return text.contains { $0.isWhitespace || $0 == "\"" } ? JSON.string(text).written() : text
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
