import Foundation

/// A conversation with a listener, byte for byte.
struct Dialogue: Sendable {
    enum Step: Sendable {
        /// Bytes are Latin-1 characters, so that every byte can be written.
        case send(String)
        /// One whole reply, of however many lines.
        case reply
        case startTLS
    }

    var port: UInt16
    var steps: [Step]
    var implicitTLS = false
    var from: String?

    private struct Script: Encodable {
        var port: UInt16
        var implicit: Bool
        var source: String?
        var steps: [[String]]
    }

    private struct Transcript: Decodable {
        var replies: [String]
    }

    /// - Returns: the replies, lines joined by newlines; a closed connection is an empty one, and ends the conversation.
    func run() async throws -> [String] {
        let list = steps.map { step -> [String] in
            switch step {
            case .send(let text): ["send", text]
            case .reply: ["reply"]
            case .startTLS: ["starttls"]
            }
        }
        let script = try JSONEncoder().encode(Script(port: port, implicit: implicitTLS, source: from, steps: list))
        return try await Python.run("dialogue.py", [], input: script, as: Transcript.self).replies
    }

    /// Greeting, EHLO, then each command and its reply.
    static func commands(_ commands: [String], port: UInt16) -> Dialogue {
        let all = ["EHLO client.test"] + commands
        return Dialogue(port: port, steps: [.reply] + all.flatMap { [.send($0 + "\r\n"), .reply] })
    }
}
