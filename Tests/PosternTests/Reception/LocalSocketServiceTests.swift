import EmailLog
import Foundation
import MIME
import MailModel
import NIOCore
import NIOPosix
import SMTPProtocol
import SMTPTransport
import Testing

@testable import Postern

/// The socket beside the store, in a whole gateway.
@Suite(.timeLimit(.minutes(5))) struct LocalSocketServiceTests {
    private let bench: GatewayBench
    private let message = mail("From: ann@contoso.com", "Subject: local", "", "Hello")

    init() throws { bench = try GatewayBench() }

    private var path: String { bench.directory.store + ".sock" }

    private func connect() async throws -> SMTPClient {
        try await SMTPClient.connect(
            SMTPClientOptions(localSocket: path, hostname: "relay.test"), on: MultiThreadedEventLoopGroup.singleton)
    }

    private func submit(_ message: [UInt8], recipients: [Address] = addresses(1)) async throws -> DeliveryReport {
        var client = try await connect()
        let report = try await client.deliver(Envelope(sender: nil, recipients: recipients), message)
        await client.quit()
        return report
    }

    @Test func mailComesInByTheSocket() async throws {
        try await bench.running(configuration(bench.yaml())) { gateway, _ in
            guard case .accepted(let reply) = try await submit(message).conclusion else {
                Issue.record("refused")
                return
            }
            let id = try #require(reply.queueID)
            let row = try #require(try await gateway.log.row(id))
            #expect(row.client == "sendmail" && row.user == LocalAccount.name(geteuid()) && row.priority == .normal)
            #expect(row.subject == "local" && row.sender.isEmpty)
        }
    }

    @Test func itsTraceNamesNoPeer() async throws {
        try await ScriptedMicrosoft.serve { microsoft in
            try await bench.running(configuration(bench.yaml(microsoft))) { _, _ in
                _ = try await submit(message)
                for await call in microsoft.arrivals {
                    let header = HeaderBlock(parsing: try #require(call.message))
                    let received = header.first(named: "Received")?.value ?? ""
                    #expect(received.hasPrefix("by ") && received.contains(" with sendmail id "), "\(received)")
                    break
                }
            }
        }
    }

    @Test func theSameRulesHold() async throws {
        try await bench.running(configuration(bench.yaml())) { _, _ in
            let report = try await submit(mail("From: x@stranger.org", "", "Hello"))
            guard case .refused(.message, let reply) = report.conclusion else {
                Issue.record("\(report)")
                return
            }
            #expect(reply.code == 550 && reply.status == .init(5, 7, 1))
        }
    }

    @Test func itTakesWhatTheMostGenerousListenerTakes() async throws {
        let yaml = bench.yaml(listen: ["127.0.0.1:0", "127.0.0.1:0"])
            .replacing("0\", max_message_size: 5MB}\nroutes", with: "0\", max_message_size: 6MB}\nroutes")
        try await bench.running(configuration(yaml)) { _, _ in
            var client = try await connect()
            #expect(client.capabilities.size == 6_000_000)
            await client.quit()
            let many = try await submit(message, recipients: addresses(1500))
            #expect(many.recipients.count == 1500 && many.recipients.allSatisfy { !$0.reply.isRefusal })
        }
    }

    @Test func everybodyMayConnectWhileItRuns() async throws {
        try await bench.running(configuration(bench.yaml())) { _, _ in
            var status = stat()
            #expect(lstat(path, &status) == 0)
            #expect(status.st_mode & S_IFMT == S_IFSOCK && status.st_mode & 0o777 == 0o666)
        }
        #expect(!FileManager.default.fileExists(atPath: path), "gone with the service")
    }

    /// As a process leaves it that was killed.
    @Test func aStaleSocketIsReplaced() async throws {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        let bound = try SocketAddress(unixDomainSocketPath: path).withSockAddr {
            bind(descriptor, $0, socklen_t($1))
        }
        #expect(bound == 0)
        #expect(FileManager.default.fileExists(atPath: path))
        try await bench.running(configuration(bench.yaml())) { _, _ in
            guard case .accepted = try await submit(message).conclusion else {
                Issue.record("refused")
                return
            }
        }
    }

    /// The service is worth more than its socket.
    @Test func withoutASocketTheServiceRunsAllTheSame() async throws {
        try bench.directory.write("postern.sqlite.sock", "a file")
        let recorder = LogRecorder()
        try await bench.running(configuration(bench.yaml()), logger: recorder.logger) { _, port in
            guard case .accepted = try await bench.submit(message, port: port) else {
                Issue.record("refused")
                return
            }
        }
        #expect(recorder.sentences.contains("no socket for sendmail, its mail waits in the maildrop"))
        #expect(FileManager.default.fileExists(atPath: path), "a file is not ours to remove")
    }

    /// What lay in the maildrop goes out by the gateway's own service.
    @Test func theMaildropIsPickedUpAtTheStart() async throws {
        let maildrop = Maildrop(store: bench.directory.store)
        try maildrop.prepare()
        var random = SystemRandomNumberGenerator()
        let envelope = Envelope(sender: nil, recipients: addresses(1))
        try maildrop.put(
            MaildropMessage(envelope: envelope, date: noon, content: message),
            as: MaildropName(QueueID(rawValue: "1m7z2y1yh0jn12"), using: &random))
        try await ScriptedMicrosoft.serve { microsoft in
            try await bench.running(configuration(bench.yaml(microsoft))) { _, _ in
                for await call in microsoft.arrivals {
                    let header = HeaderBlock(parsing: try #require(call.message))
                    #expect(header.first(named: "X-Postern-Id")?.value == "1m7z2y1yh0jn12")
                    break
                }
            }
        }
    }
}
