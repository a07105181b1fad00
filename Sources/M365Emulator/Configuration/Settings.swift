import FoundationEssentials

/// A group of settings that has defaults and can be changed by JSON: what the JSON does not name stays as it is.
///
/// No setting is optional: an empty text means "none" and a zero "off", so that the defaults name every key there is and a
/// key that is not among them can be told from a known one.
package protocol Settings: Codable, Hashable, Sendable {
    init()
    /// Keys whose values are arrays of other settings, with the defaults of an element.
    static var elements: [String: any Settings.Type] { get }
}

extension Settings {
    package static var elements: [String: any Settings.Type] { [:] }

    /// These settings with those named in `changes`.
    /// - Throws: `SettingsError`
    package func changed(by changes: JSONValue, at path: String = "") throws -> Self {
        let merged = try Self.merge(changes, over: JSONValue(encoding: self), at: path)
        do { return try merged.decoded(as: Self.self) } catch {
            throw SettingsError.unreadable(path: path, reason: SettingsError.describe(error))
        }
    }

    private static func merge(_ changes: JSONValue, over own: JSONValue, at path: String) throws -> JSONValue {
        guard let members = changes.object else { throw SettingsError.notAnObject(path: path) }
        var result = own
        for (key, value) in members {
            let place = path.isEmpty ? key : "\(path).\(key)"
            guard let known = own.object?[key] else {
                throw SettingsError.unknownKey(place, known: (own.object ?? [:]).keys.sorted())
            }
            result = result.merged(with: .object([key: try mergeMember(key, value, over: known, at: place)]))
        }
        return result
    }

    private static func mergeMember(
        _ key: String, _ value: JSONValue, over own: JSONValue, at place: String
    ) throws -> JSONValue {
        guard let element = elements[key] else {
            return own.object == nil ? value : try checkedObject(value, own, place)
        }
        if own.object != nil { return try element.mergeDefaults(value, over: own, at: place) }
        let list = value.array ?? [value]
        return .array(
            try list.enumerated().map { index, item in
                try element.mergeDefaults(item, over: JSONValue(encoding: element.init()), at: "\(place)[\(index)]")
            })
    }

    private static func mergeDefaults(_ value: JSONValue, over own: JSONValue, at path: String) throws -> JSONValue {
        try merge(value, over: own, at: path)
    }

    private static func checkedObject(_ value: JSONValue, _ own: JSONValue, _ place: String) throws -> JSONValue {
        guard value.object != nil else { throw SettingsError.notAnObject(path: place) }
        return own.merged(with: value)
    }
}

/// What is wrong with a configuration file or a change sent to the control interface.
package enum SettingsError: Error, Hashable, Sendable, CustomStringConvertible {
    case notAnObject(path: String)
    case unknownKey(String, known: [String])
    case unreadable(path: String, reason: String)

    package var description: String {
        switch self {
        case .notAnObject(let path): "\(path.isEmpty ? "the configuration" : path) must be a JSON object"
        case .unknownKey(let key, let known): "unknown key \(key); known here: \(known.joined(separator: ", "))"
        case .unreadable(let path, let reason): path.isEmpty ? reason : "\(path): \(reason)"
        }
    }

    static func describe(_ error: any Error) -> String {
        switch error {
        case let error as SettingsError: error.description
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
            DecodingError.keyNotFound(_, let context), DecodingError.dataCorrupted(let context):
            (context.codingPath.map(\.stringValue).joined(separator: ".") + ": " + context.debugDescription)
        default: "\(error)"
        }
    }
}
