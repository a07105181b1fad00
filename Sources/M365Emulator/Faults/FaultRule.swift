import FoundationEssentials
import MailModel

/// What shall go wrong, and when: one rule of `POST /_emulator/faults`.
package struct FaultRule: Settings {
    package enum When: String, Codable, Sendable, CaseIterable {
        /// Before the request's body is read.
        case beforeBody
        /// The body is read, and nothing is done with it.
        case instead
        /// All is done, and only the answer is another one.
        case after
    }

    package enum Effect: String, Codable, Sendable, CaseIterable {
        /// `status` with `code` and `message`, or with `body`; 0 leaves the answer, but for `headers` and `delay`.
        case answer
        /// The connection is reset.
        case reset
        /// The connection is closed in order, without an answer.
        case drop
        /// No answer comes; the connection stays open until the client closes it.
        case stall
    }

    /// Where in an SMTP session the rule applies.
    package enum Stage: String, Codable, Sendable, CaseIterable { case connect, auth, mail, rcpt, data, any }

    // What it applies to

    /// An operation's name, `graph` for all of Graph's, or `any`.
    package var operation = "any"
    /// Patterns; empty: every mailbox.
    package var mailbox = ""
    package var recipient = ""
    package var stage = Stage.data
    /// Only the nth fitting request; 0: every one.
    package var nth = 0
    /// Every so many fitting requests one; 0: each.
    package var every = 0
    package var probability = 1.0
    /// How many times at most; 0: without end.
    package var count = 1

    // What it does

    package var when = When.instead
    package var effect = Effect.answer
    package var status = 0
    package var code = ""
    package var message = ""
    package var headers: [String: String] = [:]
    /// In place of the JSON of `code` and `message`.
    package var body = ""
    package var contentType = "text/html"
    /// Seconds before the answer, or before the reset.
    package var delay = 0.0
    /// `innererror` in place of `innerError`.
    package var lowerCaseInnerError = false

    package init() {}

    func applies(to operation: Operation, mailbox address: String, recipient: String = "") -> Bool {
        let isGraph = ![Operation.token, .managedIdentity, .smtp, .other].contains(operation)
        guard self.operation == "any" || self.operation == operation.rawValue || (self.operation == "graph" && isGraph)
        else { return false }
        guard mailbox.isEmpty || [mailbox].matches(address) else { return false }
        return self.recipient.isEmpty || [self.recipient].matches(recipient)
    }
}

extension FaultRule {
    /// A rule from JSON: `preset` names a starting point, the other keys change it.
    package init(json: JSONValue) throws {
        guard var members = json.object else { throw SettingsError.notAnObject(path: "rule") }
        var rule = FaultRule()
        if let name = members.removeValue(forKey: "preset")?.string {
            guard let preset = Self.presets[name] else {
                throw SettingsError.unknownKey("preset \(name)", known: Self.presets.keys.sorted())
            }
            preset(&rule)
        }
        // A rule for every second request is not meant for one of them.
        if members["every"] != nil { rule.count = 0 }
        let headers = members["headers"]?.object ?? [:]
        members["headers"] = nil
        self = try rule.changed(by: .object(members))
        for (name, value) in headers { self.headers[name] = value.string ?? value.number.map { "\($0)" } ?? "" }
    }
}
