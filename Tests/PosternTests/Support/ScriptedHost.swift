import MailModel
import NIOConcurrencyHelpers
import NIOPosix
import SMTPProtocol
import SMTPTransport
import TLS

/// A submission host on loopback that answers as a test's script says, and remembers what it was handed.
final class ScriptedHost: SMTPServerHandler {
    struct Taken: Sendable {
        var envelope: Envelope
        var parameters: MailParameters
        var user: String?
        var isEncrypted: Bool
        var bytes: [UInt8]
    }

    /// What it says where it does not simply agree; `nil` agrees.
    struct Script: Sendable {
        var login: @Sendable (Credentials) -> Reply? = { _ in nil }
        var sender: @Sendable (Address?) -> Reply? = { _ in nil }
        var recipient: @Sendable (Address) -> Reply? = { _ in nil }
        var message: @Sendable (Taken) async -> Reply? = { _ in Reply(250, .init(2, 0, 0), "OK <1@host.test>") }
    }

    private struct State {
        var taken: [Taken] = []
        var open = 0
        var mostOpen = 0
        var opened = 0
        var logins: [Credentials] = []
    }

    private let script: Script
    private let state = NIOLockedValueBox(State())

    init(_ script: Script) { self.script = script }

    var taken: [Taken] { state.withLockedValue(\.taken) }
    var mostOpen: Int { state.withLockedValue(\.mostOpen) }
    var opened: Int { state.withLockedValue(\.opened) }
    var logins: [Credentials] { state.withLockedValue(\.logins) }

    /// Runs a host on a free port for as long as `body` runs.
    static func serve<Result: Sendable>(
        _ script: Script = Script(), tls: ServerConfiguration.TLS = .off, mechanisms: [Mechanism] = [.plain, .xoauth2],
        _ body: (ScriptedHost, Int) async throws -> Result
    ) async throws -> Result {
        var session = ServerConfiguration(hostname: "host.test")
        session.authentication = .optional
        session.mechanisms = mechanisms
        session.allowsPlaintextAuthentication = true
        session.tls = tls
        var settings = SMTPServerSettings(session: session)
        let issued = try Certificates.server()
        settings.tls = try TLSContext.server(
            certificateChainPEM: issued.certificatePEM, privateKeyPEM: issued.privateKeyPEM)
        let (host, served) = (ScriptedHost(script), settings)
        let server = try await SMTPServer.bind(
            ip: "127.0.0.1", port: 0, on: MultiThreadedEventLoopGroup.singleton, handler: host
        ) { served }
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await server.run() }
            let result = try await body(host, server.address.port)
            tasks.cancelAll()
            return result
        }
    }

    // MARK: The questions

    func authenticate(_ credentials: Credentials, _ context: SMTPContext) async -> Reply? {
        state.withLockedValue { $0.logins.append(credentials) }
        return script.login(credentials)
    }

    func checkSender(_ sender: Address?, _ parameters: MailParameters, _ context: SMTPContext) async -> Reply? {
        script.sender(sender)
    }

    func checkRecipient(_ recipient: Address, _ context: SMTPContext) async -> Reply? { script.recipient(recipient) }

    func beginBody(
        _ envelope: Envelope, _ parameters: MailParameters, _ context: SMTPContext
    ) async -> BodyPlace<Sink> {
        .accepted(
            Sink(
                host: self,
                taken: Taken(
                    envelope: envelope, parameters: parameters, user: context.user, isEncrypted: context.tls != nil,
                    bytes: [])))
    }

    func connectionOpened(_ context: SMTPContext) {
        state.withLockedValue { state in
            state.opened += 1
            state.open += 1
            state.mostOpen = max(state.mostOpen, state.open)
        }
    }

    func dialogueEnded(_ context: SMTPContext) { state.withLockedValue { $0.open -= 1 } }

    struct Sink: SMTPMessageSink {
        let host: ScriptedHost
        var taken: Taken

        mutating func write(_ bytes: [UInt8]) async throws(SinkFailure) { taken.bytes += bytes }

        mutating func finish() async -> Reply? {
            let reply = await host.script.message(taken)
            if reply.map({ $0.code < 400 }) ?? true {
                let message = taken
                host.state.withLockedValue { $0.taken.append(message) }
            }
            return reply
        }

        mutating func abandon() async {}
    }
}
