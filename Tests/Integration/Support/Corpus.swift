import Foundation
import Testing

/// The messages every client delivers, and what must have become of them.
struct Corpus: Sendable {
    static let sender = "reports@contoso.com"
    static let recipient = "customer@example.org"

    let directory: TemporaryDirectory
    let files: [String]

    static func make() async throws -> Corpus {
        let directory = try TemporaryDirectory()
        _ = try await Python.run("corpus.py", [directory.url.path])
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.url.path)
        return Corpus(directory: directory, files: names.filter { $0.hasSuffix(".eml") }.sorted())
    }

    var paths: [String] { files.map(directory.path) }

    /// Every message arrived once, for its recipient, with its bytes below the header, and with its header but for what the
    /// contract names. The subject of each is its file's name.
    ///
    /// - Parameter adding: names of fields that the client itself may put on top or behind.
    func check(_ captured: [CapturedMessage], adding: Set<String> = []) throws {
        #expect(captured.map(\.subject).sorted() == files.map { String($0.dropLast(4)) })
        for message in captured {
            let original = WireMessage(try directory.read("\(message.subject).eml"))
            let delivered = WireMessage(message.bytes)
            #expect(message.recipients == [Self.recipient] && message.sender == Self.sender)
            #expect(delivered.body == original.body, "\(message.subject): the body has changed")
            check(delivered.fields, original.fields, message.subject, adding: adding)
        }
    }

    private func check(_ delivered: [String], _ original: [String], _ subject: String, adding: Set<String>) {
        #expect(delivered.prefix(2).map(WireMessage.name) == ["received", "x-postern-id"], "\(subject): \(delivered)")
        var expected = original[...]
        var added: Set<String> = []
        for field in delivered.dropFirst(2) {
            if field == expected.first { expected.removeFirst() } else { added.insert(WireMessage.name(of: field)) }
        }
        #expect(expected.isEmpty, "\(subject): lost or changed: \(expected)")
        #expect(added.isSubset(of: adding), "\(subject): added: \(added)")
    }
}
