import Foundation

/// A large message in a file, and what is in it.
struct LargeMessage {
    struct Contents: Decodable, Equatable {
        struct File: Decodable, Equatable {
            var name: String?
            var type: String
            var digest: String
        }

        var text: String?
        var subject: String
        var files: [File]
    }

    let file: String
    let contents: Contents
    private let directory: TemporaryDirectory

    /// - Parameter sizes: of its attachments, in octets.
    init(_ sizes: [Int], signed: Bool = false) async throws {
        directory = try TemporaryDirectory()
        file = directory.path("large.eml")
        contents = try await Python.run(
            "large.py", ["make", file] + sizes.map(String.init) + (signed ? ["--signed"] : []), as: Contents.self)
    }

    func submit(to scenario: Scenario) async throws {
        _ = try await Python.run(
            "smtplib_client.py", ["\(scenario.gateway.port)", Corpus.sender, Corpus.recipient, file])
    }
}

extension LargeMessage.Contents {
    /// As it arrived.
    init(of message: CapturedMessage) async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(message.mime ?? "", to: "captured.b64")
        self = try await Python.run("large.py", ["read", file], as: Self.self)
    }
}
