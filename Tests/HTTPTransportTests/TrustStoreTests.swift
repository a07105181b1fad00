import Foundation
import Testing

@testable import HTTPTransport

@Suite struct TrustStoreTests {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("postern-trust-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func write(_ name: String, _ text: String) throws -> String {
        let path = folder.appendingPathComponent(name).path
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    private func pem(_ word: String) -> String {
        "-----BEGIN CERTIFICATE-----\n\(word)\n-----END CERTIFICATE-----\n"
    }

    private func text(_ anchors: TrustAnchors) -> String {
        String(decoding: anchors.pem, as: UTF8.self)
    }

    @Test func theFileIsAddedToTheSystems() throws {
        let system = try write("system.pem", "SYSTEM")
        var store = TrustStore(systemBundles: ["/nonexistent", system, try write("other.pem", "OTHER")])
        let anchors = try store.anchors(adding: try write("own.pem", pem("OWN")))
        #expect(text(anchors) == "SYSTEM\n" + pem("OWN"))
    }

    @Test func withoutASystemBundleTheFileStands() throws {
        var store = TrustStore(systemBundles: [])
        #expect(text(try store.anchors(adding: try write("own.pem", pem("OWN")))) == "\n" + pem("OWN"))
    }

    @Test func theSystemHasOne() throws {
        var store = TrustStore()
        let own = try write("own.pem", pem("OWN"))
        #expect(try store.anchors(adding: own).pem.count > 10_000)
    }

    @Test func itIsReadAgainWhenItChanges() throws {
        var store = TrustStore(systemBundles: [])
        let own = try write("own.pem", pem("OWN"))
        let first = try store.anchors(adding: own)
        #expect(try store.anchors(adding: own) === first)
        _ = try write("own.pem", pem("LONGER"))
        #expect(text(try store.anchors(adding: own)).contains("LONGER"))
    }

    @Test func unusableFilesSayWhy() throws {
        var store = TrustStore(systemBundles: [])
        let missing = folder.appendingPathComponent("none").path
        #expect(throws: TrustStore.Unusable(path: missing, reason: "No such file or directory")) {
            try store.anchors(adding: missing)
        }
        #expect(throws: TrustStore.Unusable(path: folder.path, reason: "Is a directory")) {
            try store.anchors(adding: folder.path)
        }
        let der = try write("der", "0\u{82}")
        #expect(throws: TrustStore.Unusable(path: der, reason: "no PEM certificate in it")) {
            try store.anchors(adding: der)
        }
    }

    @Test func anUnusableFileFailsTheRequest() async throws {
        let transport = HTTPTransport()
        let failure = try await transport.failure(
            .get("https://localhost:1/", endpoint: HTTPEndpoint(caFile: "/nonexistent/ca.pem")))
        #expect(failure.stage == .setup)
        #expect(failure.text.contains("ca_file /nonexistent/ca.pem"))
        #expect(failure.text.contains("No such file"))
        await transport.shutdown()
    }
}
