import Foundation
import MailModel
import Postern
import SMTPProtocol
import Testing

@testable import PosternCommands

@Suite struct SendmailDeliveryTests {
    private static let bob = try! Address(parsing: "bob@example.org")

    // MARK: What the service says

    @Test func acceptedIsSaidInItsWords() throws {
        let report = DeliveryReport(.accepted(Reply(250, .init(2, 0, 0), "Ok: queued as 1")))
        #expect(try SendmailDelivery.read(report) == "Ok: queued as 1")
    }

    static let refusals: [(DeliveryReport, CommandStatus, String)] = [
        (DeliveryReport(.refused(.message, Reply(550, .init(5, 7, 1), "No route"))), .failure, "550 5.7.1 No route"),
        (DeliveryReport(.refused(.message, Reply(554, .init(5, 4, 6), "Loop"))), .failure, "554 5.4.6 Loop"),
        (DeliveryReport(.refused(.message, Reply(452, .init(4, 3, 1), "Full"))), .tryAgainLater, "452 4.3.1 Full"),
        (DeliveryReport(.refused(.mail, Reply(451, .init(4, 3, 0), "Later"))), .tryAgainLater, "451 4.3.0 Later"),
        (DeliveryReport(.tooLarge(limit: 1000)), .failure, "1000 octets"),
        (DeliveryReport(.needsUTF8), .failure, "ASCII"),
        (
            DeliveryReport(
                .accepted(Reply(250, nil, "Ok")), recipients: [.init(bob, Reply(553, .init(5, 1, 3), "Bad"))]),
            .failure, "bob@example.org: 553 5.1.3 Bad"
        ),
    ]

    @Test(arguments: refusals) func refused(_ report: DeliveryReport, _ status: CommandStatus, _ words: String) {
        let failure = #expect(throws: CommandFailure.self) { try SendmailDelivery.read(report) }
        #expect(failure?.status == status && failure?.description.contains(words) == true)
    }

    // MARK: Without a service

    private func submit(_ store: String) async throws -> String {
        let settings = LocalSettings(hostname: "relay.test", store: store, largestMessage: 1_000_000)
        let mail = SendmailComposer.Mail(
            envelope: Envelope(sender: nil, recipients: [Self.bob]), content: Array("Subject: x\r\n\r\nhi\r\n".utf8))
        return try await SendmailDelivery(settings: settings, clocks: .system()).submit(mail)
    }

    private func withDirectory(_ body: (String) async throws -> Void) async throws {
        let path = NSTemporaryDirectory() + "postern-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await body(path)
    }

    @Test func mailIsLeftInTheMaildrop() async throws {
        try await withDirectory { directory in
            let store = "\(directory)/postern.sqlite"
            try Data().write(to: URL(fileURLWithPath: store))
            let word = try await submit(store)
            let names = try FileManager.default.contentsOfDirectory(atPath: store + ".maildrop").filter { $0 != "bad" }
            let name = try #require(names.first.flatMap { MaildropName($0) })
            #expect(names.count == 1 && word.contains("queued as \(name.id)"))
            let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(store).maildrop/\(name)"))
            let message = try MaildropMessage(decoding: Array(bytes))
            #expect(message.envelope.recipients == [Self.bob] && message.envelope.sender == nil)
        }
    }

    @Test func withoutAStoreNothingIsAccepted() async throws {
        try await withDirectory { directory in
            let store = "\(directory)/postern.sqlite"
            let failure = await #expect(throws: CommandFailure.self) { try await submit(store) }
            #expect(failure?.status == .tryAgainLater)
            #expect(failure?.description.contains("there is no store at \(store)") == true)
            let left = try FileManager.default.contentsOfDirectory(atPath: directory)
            #expect(left.isEmpty)
        }
    }
}
