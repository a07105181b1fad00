import EmailLog
import Foundation
import Logging
import MIME
import MailModel
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import SMTPProtocol
import SMTPTransport
import ServiceLifecycle
import TLS
import Testing

@testable import Postern

/// The composition: opened whole or not at all, from an application's SMTP to Graph, and shut down in order.
@Suite(.timeLimit(.minutes(5))) struct GatewayTests {
    private let bench: GatewayBench

    init() throws { bench = try GatewayBench() }

    private let message = mail("From: ann@contoso.com", "To: eve@example.org", "Subject: hi", "", "Hello")

    // MARK: From end to end

    @Test func mailComesInBySMTPAndGoesOutByGraph() async throws {
        try await ScriptedMicrosoft.serve { microsoft in
            try await bench.running(configuration(bench.yaml(microsoft))) { _, port in
                guard case .accepted(let reply) = try await bench.submit(message, port: port) else {
                    Issue.record("refused")
                    return
                }
                #expect(reply.text.hasPrefix("Ok: queued as "))
                for await call in microsoft.arrivals {
                    let sent = try #require(call.message)
                    let header = HeaderBlock(parsing: sent)
                    #expect(text(Array(sent[header.bodyOffset...])) == "Hello\r\n")
                    #expect(
                        header.first(named: "X-Postern-Id")?.value
                            == reply.text.split(separator: " ").last.map(String.init))
                    #expect(header.first(named: "Received")?.value.contains("from app.test") == true)
                    break
                }
            }
            // Shut down in order: the attempt under way was settled before the store was closed.
            let log = try bench.directory.service()
            #expect(try await log.rows(LogFilter()).map(\.status) == [.sent])
            #expect(microsoft.mailCalls.count == 1)
        }
    }

    @Test func aLargeMessageTakesTheSameWay() async throws {
        let large = message + Array(repeating: UInt8(ascii: "x"), count: 1_000_000) + mail("")
        try await ScriptedMicrosoft.serve { microsoft in
            try await bench.running(configuration(bench.yaml(microsoft))) { _, port in
                _ = try await bench.submit(large, port: port)
                for await call in microsoft.arrivals {
                    #expect(call.message?.suffix(1_000_010).elementsEqual(large.suffix(1_000_010)) == true)
                    break
                }
            }
        }
    }

    @Test func whatNoRouteTakesIsRefusedAtTheDoor() async throws {
        try await bench.running(configuration(bench.yaml())) { _, port in
            let stranger = mail("From: x@stranger.org", "", "Hello")
            guard case .refused(.message, let reply) = try await bench.submit(stranger, port: port) else {
                Issue.record("accepted")
                return
            }
            #expect(reply.code == 550 && reply.status == .init(5, 7, 1))
        }
    }

    @Test func whatWaitsAtTheStartIsDelivered() async throws {
        let log = try bench.directory.service()
        _ = try await log.accept(waiting("early", at: Clocks.system().now()))
        try await log.close()
        try await ScriptedMicrosoft.serve { microsoft in
            try await bench.running(configuration(bench.yaml(microsoft))) { _, _ in
                for await _ in microsoft.arrivals { break }
            }
            #expect(microsoft.mailCalls.count == 1)
        }
    }

    // MARK: Whole or not at all

    @Test func aPortInUseIsNamedAndNothingStays() async throws {
        let occupied = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(occupied.localAddress?.port)
        let settings = try configuration(bench.yaml(listen: ["127.0.0.1:0", "127.0.0.1:\(port)"]))
        let error = await #expect(throws: GatewayError.self) {
            try await Gateway.open(settings, logger: silence)
        }
        guard case .unavailable(let text) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(text.contains("cannot listen for SMTP on 127.0.0.1:\(port): the address is in use"))
        try await occupied.close()
        // The store's lock and the other socket are free again.
        try await bench.running(settings) { gateway, _ in #expect(gateway.addresses.count == 2) }
    }

    @Test func aStoreInUseIsNamed() async throws {
        let log = try bench.directory.service()
        await #expect(throws: EmailLogError.inUse(path: bench.directory.store, by: getpid())) {
            try await Gateway.open(configuration(bench.yaml()), logger: silence)
        }
        try await log.close()
        try await bench.running(configuration(bench.yaml())) { _, _ in }
    }

    @Test func afterTheEndItCanBeOpenedAgain() async throws {
        for _ in 0..<2 {
            try await bench.running(configuration(bench.yaml())) { _, port in #expect(port > 0) }
        }
        #expect(try await bench.directory.service().rows(LogFilter()).isEmpty)
    }

    // MARK: Files

    private func problem(_ extra: String) throws -> String? {
        let text = bench.yaml(extra: extra).replacing("max_message_size: 5MB", with: "tls: starttls")
        do {
            try Gateway.checkFiles(of: configuration(text))
            return nil
        } catch let error as GatewayError {
            return error.description
        }
    }

    @Test func filesAreCheckedWithoutStarting() throws {
        let (chain, key) = ("\(bench.directory.path)/chain.pem", "\(bench.directory.path)/key.pem")
        let tls = "tls: {certificate: \(chain), private_key: \(key)}"
        #expect(try problem(tls)?.hasPrefix("tls.certificate: the file \(chain) cannot be read") == true)
        let issued = try Certificates.server()
        try bench.directory.write("chain.pem", issued.certificatePEM)
        #expect(try problem(tls)?.hasPrefix("tls.private_key: the file \(key) cannot be read") == true)
        try bench.directory.write("key.pem", "nothing")
        #expect(try problem(tls)?.hasPrefix("tls (\(chain), \(key)): ") == true)
        try bench.directory.write("key.pem", issued.privateKeyPEM)
        #expect(try problem(tls) == nil)
        #expect(!FileManager.default.fileExists(atPath: bench.directory.store), "nothing was opened")
    }

    @Test func aBadFileStopsTheStart() async throws {
        let text = bench.yaml(extra: "tls: {certificate: /nowhere/c.pem, private_key: /nowhere/k.pem}")
            .replacing("max_message_size: 5MB", with: "tls: implicit")
        await #expect(throws: GatewayError.self) { try await Gateway.open(configuration(text), logger: silence) }
        #expect(!FileManager.default.fileExists(atPath: bench.directory.store))
    }
}
