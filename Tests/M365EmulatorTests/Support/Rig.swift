import MailModel
import NIOPosix
import SMTPProtocol
import SMTPTransport
import TLS

@testable import M365Emulator

/// A running emulator that answers at once, and clients for it.
struct Rig {
    let addresses: M365Emulator.Addresses
    let emulator: M365Emulator

    static func run(
        _ change: (inout EmulatorConfiguration) -> Void = { _ in }, clock: EmulatorClock = .system(),
        _ body: (Rig) async throws -> Void
    ) async throws {
        var configuration = EmulatorConfiguration()
        configuration.graph.latency = 0
        configuration.graph.sentItemsDelay = 0
        configuration.smtp.latency = 0
        configuration.smtp.allowsPlaintextAuth = true
        change(&configuration)
        let emulator = M365Emulator(configuration: configuration, clock: clock)
        let addresses = try await emulator.start()
        do { try await body(Rig(addresses: addresses, emulator: emulator)) } catch {
            await emulator.stop()
            throw error
        }
        await emulator.stop()
    }

    func client(_ mailbox: String = Bench.mailbox, tls: Bool = false) async throws -> SMTPClient {
        let context = try TLSContext.client(verification: .full, extraTrustPEM: addresses.caPEM)
        return try await SMTPClient.connect(
            SMTPClientOptions(
                host: addresses.smtpHost, port: addresses.smtpPort, hostname: "client.test",
                security: tls ? .startTLS(context) : .off,
                credentials: .login(user: mailbox, password: "demo-password")),
            on: MultiThreadedEventLoopGroup.singleton)
    }

    /// - Returns: the code of the last word, or `nil` where none came and nobody can know.
    func submit(_ mailbox: String = Bench.mailbox, tls: Bool = false) async throws -> Int? {
        do {
            var client = try await client(mailbox, tls: tls)
            let code = try await Self.deliver(&client, mailbox)
            await client.quit()
            return code
        } catch let error as SMTPClientError {
            // A reset at once may come before the client has noticed that it is connected.
            if case .unreachable = error { return nil }
            guard case .session(let failure) = error else { throw error }
            switch failure.reason {
            case .refused(let reply), .authenticationRefused(let reply, _), .unexpectedReply(let reply):
                return reply.code
            case .connectionClosed: return nil
            case .tlsNotOffered, .plaintextInjected, .mechanismNotOffered, .malformedReply, .timeout, .bodyFailed:
                throw error
            }
        }
    }

    static func deliver(_ client: inout SMTPClient, _ mailbox: String = Bench.mailbox) async throws -> Int {
        let envelope = Envelope(
            sender: try Address(parsing: mailbox), recipients: [try Address(parsing: "rcpt@example.com")])
        let report = try await client.deliver(envelope, Array(Bench.message(from: mailbox).utf8))
        switch report.conclusion {
        case .accepted(let reply), .refused(_, let reply): return reply.code
        case .tooLarge, .needsUTF8: return 0
        }
    }

    @discardableResult
    func control(_ method: String, _ path: String, _ body: JSONValue = [:]) async throws -> JSONValue {
        let text = body == [:] ? "" : String(decoding: body.encoded, as: UTF8.self)
        let answer = try await RawHTTP.send(method, "/_emulator/" + path, [:], text, port: addresses.httpPort)
        return answer.body.isEmpty ? .null : try JSONValue(parsing: Array(answer.body.utf8))
    }

    func fault(_ rule: JSONValue) async throws {
        try await control("POST", "faults", JSONValue.object(["operation": "smtp"]).merged(with: rule))
    }

    var sent: Int { emulator.core.withState { $0.store.captured.count } }
    var lane: Counters.Lane { emulator.core.withState { $0.counters[Bench.mailbox] } }
    var connections: Int { emulator.core.withState { $0.counters.connections } }

    /// What a session without AUTH says in one go.
    static let wholeSession =
        "EHLO client.test\r\nMAIL FROM:<\(Bench.mailbox)>\r\nRCPT TO:<rcpt@example.com>\r\nDATA\r\n"
        + Bench.message() + ".\r\n"

    func until(_ condition: @Sendable (Rig) -> Bool) async { while !condition(self) { await Task.yield() } }
}
