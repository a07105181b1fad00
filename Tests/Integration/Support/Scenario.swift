import Foundation

/// The emulator and a gateway that delivers to it, for the length of one test; nothing of them outlives it.
struct Scenario: Sendable {
    let emulator: Emulator
    let gateway: Gateway

    /// - Parameter started: `false` where the test starts the service itself.
    static func run(
        _ configuration: GatewayConfiguration = GatewayConfiguration(), emulator settings: String = Emulator.quick,
        started: Bool = true, _ body: (Scenario) async throws -> Void
    ) async throws {
        let emulator = try await Emulator.start(settings)
        do {
            let gateway = try Gateway(configuration, endpoint: emulator.url, host: emulator.submissionHost)
            do {
                if started { try await gateway.start() }
                try await body(Scenario(emulator: emulator, gateway: gateway))
            } catch {
                await gateway.end()
                throw error
            }
            await gateway.end()
        } catch {
            await emulator.program.kill()
            throw error
        }
        await emulator.program.kill()
    }

    /// Hands in `count` messages by SMTP, over several connections; all must be answered 250.
    ///
    /// - Parameters:
    ///   - sender: also several, separated by commas: they take turns.
    ///   - rate: messages a second; `nil`: as fast as they are taken.
    /// - Returns: the queue ids.
    @discardableResult
    func send(
        _ count: Int = 1, from sender: String = "reports@contoso.com", to recipients: String = "customer@example.org",
        prefix: String = "message", connections: Int = 4, rate: Int? = nil, size: Int = 600
    ) async throws -> [String] {
        struct Report: Decodable { var acknowledged: [String: String] }
        let report = try await Python.run(
            "burst.py",
            [
                "--port", "\(gateway.port)", "--count", "\(count)", "--senders", sender, "--to", recipients,
                "--prefix", prefix, "--connections", "\(min(count, connections))", "--size", "\(size)",
            ] + (rate.map { ["--rate", "\($0)"] } ?? []), as: Report.self)
        guard report.acknowledged.count == count else {
            throw Command.Stuck(description: "only \(report.acknowledged.count) of \(count) messages were taken")
        }
        return report.acknowledged.values.sorted()
    }
}
