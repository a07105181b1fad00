import MIME
import MailModel
import NIOConcurrencyHelpers
import NIOPosix
import SMTPProtocol
import SMTPTransport

/// Many reports sent at the same moment, each over a connection of its own, as a careless batch job does.
struct Burst: Sendable {
    let host: String
    let port: Int
    let credentials: Credentials?
    let count: Int

    struct Result: Sendable {
        let count: Int
        var accepted = 0
        /// What the others heard, and how many of them.
        var refusals: [String: Int] = [:]

        var refused: Int { refusals.values.reduce(0, +) }
    }

    /// - Parameter progress: called as answers come in.
    func run(progress: (Result) -> Void) async throws -> Result {
        var result = Result(count: count)
        progress(result)
        await withTaskGroup(of: String?.self) { group in
            for number in 1...count { group.addTask { await send(number) } }
            for await refusal in group {
                if let refusal { result.refusals[refusal, default: 0] += 1 } else { result.accepted += 1 }
                progress(result)
            }
        }
        return result
    }

    /// - Returns: the words of a refusal; `nil` where the report was accepted.
    private func send(_ number: Int) async -> String? {
        guard let envelope = DemoStage.envelope(number) else { return "no such address" }
        let options = SMTPClientOptions(
            host: host, port: port, hostname: "batch.contoso.com", security: .off, credentials: credentials)
        do {
            var client = try await SMTPClient.connect(options, on: MultiThreadedEventLoopGroup.singleton)
            let report = try await client.deliver(envelope, DemoStage.report(number, envelope))
            await client.quit()
            return report.refusal
        } catch {
            return error.description
        }
    }
}

extension DeliveryReport {
    /// `nil` where the message was accepted.
    fileprivate var refusal: String? {
        switch conclusion {
        case .accepted: nil
        case .refused(_, let reply): reply.description
        case .tooLarge(let limit): "larger than the server's \(limit) octets"
        case .needsUTF8: "the server knows no SMTPUTF8"
        }
    }
}
