import Foundation
import MailModel
import NIOCore
import NIOPosix
import SMTPProtocol
import Testing

@testable import SMTPTransport

/// The same dialogue over a socket of this machine.
@Suite struct LocalSocketTests {
    private func withPath(_ body: (String) async throws -> Void) async throws {
        let path = NSTemporaryDirectory() + "postern-\(UUID().uuidString.prefix(8)).sock"
        defer { unlink(path) }
        try await body(path)
    }

    /// As a process leaves it that is killed.
    private func leaveSocket(at path: String) throws {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        let bound = try SocketAddress(unixDomainSocketPath: path).withSockAddr {
            bind(descriptor, $0, socklen_t($1))
        }
        #expect(bound == 0)
    }

    private func serving(_ path: String, _ handler: RecordingHandler, _ body: () async throws -> Void) async throws {
        let settings = makeSettings()
        let server = try await SMTPServer.bind(path: path, on: group, handler: handler) { settings }
        #expect(server.address.description == path)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await server.run() }
            try await body()
            tasks.cancelAll()
        }
    }

    private func deliver(_ path: String) async throws -> DeliveryReport {
        var client = try await SMTPClient.connect(
            SMTPClientOptions(localSocket: path, hostname: "client.test"), on: group)
        let envelope = Envelope(
            sender: try Address(parsing: "a@a.test"), recipients: [try Address(parsing: "b@b.test")])
        let report = try await client.deliver(envelope, Array("Subject: x\r\n\r\nhi\r\n".utf8))
        await client.quit()
        return report
    }

    @Test func aMessageAndWhoseItIs() async throws {
        try await withPath { path in
            let handler = RecordingHandler()
            try await serving(path, handler) {
                let report = try await deliver(path)
                guard case .accepted = report.conclusion else { return flunk("\(report)") }
                #expect(handler.lastContext?.localUserID == geteuid())
                #expect(handler.lastContext?.clientName == "client.test")
            }
        }
    }

    @Test func aStaleSocketIsReplaced() async throws {
        try await withPath { path in
            try leaveSocket(at: path)
            #expect(FileManager.default.fileExists(atPath: path))
            try await serving(path, RecordingHandler()) { _ = try await deliver(path) }
            #expect(!FileManager.default.fileExists(atPath: path), "it goes with its listener")
        }
    }

    @Test func anyOtherFileIsLeft() async throws {
        try await withPath { path in
            try Data("mine".utf8).write(to: URL(fileURLWithPath: path))
            let settings = makeSettings()
            await #expect(throws: SMTPListenError.self) {
                try await SMTPServer.bind(path: path, on: group, handler: RecordingHandler()) { settings }
            }
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data("mine".utf8))
        }
    }

    @Test(arguments: ["/nowhere/x.sock", "/tmp/" + String(repeating: "x", count: 200)])
    func whatCannotBeIsSaidWithItsPath(_ path: String) async throws {
        let settings = makeSettings()
        let error = await #expect(throws: SMTPListenError.self) {
            try await SMTPServer.bind(path: path, on: group, handler: RecordingHandler()) { settings }
        }
        #expect(error?.description.hasPrefix("cannot listen for SMTP on \(path): ") == true)
    }

    @Test func nobodyListens() async throws {
        try await withPath { path in
            let error = await #expect(throws: SMTPClientError.self) { _ = try await deliver(path) }
            guard case .unreachable(path, _, _) = error else { return flunk("\(String(describing: error))") }
        }
    }

    /// Over a network there is no account to ask for.
    @Test func overTCPThereIsNoAccount() async throws {
        let handler = RecordingHandler()
        try await withServer(handler) { server in
            let client = try await RawClient(to: server)
            _ = try await client.beginMessage()
            #expect(handler.lastContext?.localUserID == nil)
        }
    }
}
