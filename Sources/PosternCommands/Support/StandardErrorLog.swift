import Foundation
import Logging
import MailModel
import Postern

/// Log lines on standard error: for people, or one JSON document a line.
struct StandardErrorLog: LogHandler {
    let format: Postern.Configuration.LogSettings.Format
    var logLevel: Logger.Level
    var metadata = Logger.Metadata()

    static func logger(_ settings: Postern.Configuration.LogSettings) -> Logger {
        let level = Logger.Level(rawValue: settings.level.rawValue) ?? .info
        return Logger(label: "postern") { _ in StandardErrorLog(format: settings.format, logLevel: level) }
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
            switch format {
            case .text: Self.text(now, event, all)
            case .json: Self.json(now, event, all)
            }
        FileHandle.standardError.write(Data((line + "\n").utf8))
    }

    private static func text(_ now: Timestamp, _ event: LogEvent, _ metadata: [(String, String)]) -> String {
        let pairs = metadata.map { "\($0.0)=\(quoted($0.1))" }.joined(separator: " ")
        return "\(now) \(event.level) \(event.message)\(pairs.isEmpty ? "" : " \(pairs)")"
    }

    private static func quoted(_ text: String) -> String {
        text.contains { $0.isWhitespace || $0 == "\"" } ? JSON.string(text).written() : text
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
