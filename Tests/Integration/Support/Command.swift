import Foundation
import Testing

/// A program that runs to its end, and what came of it.
enum Command {
    struct Result: Sendable, CustomStringConvertible {
        var status: Int32
        var output: String
        var errors: String
        var bytes: Data

        var description: String { "status \(status)\n--- output\n\(output)\n--- errors\n\(errors)" }
        var lines: [String] { output.split(separator: "\n").map(String.init) }
    }

    struct Stuck: Error, CustomStringConvertible {
        var description: String
    }

    /// Where the machine is busy, things take their time; this is for what never comes.
    private static let patience = Duration.seconds(120)

    /// - Returns: whatever the exit status; the number of a signal counts as a negative one.
    static func run(
        _ executable: String, _ arguments: [String], input: Data = Data(), environment: [String: String] = [:],
        directory: TemporaryDirectory? = nil
    ) async throws -> Result {
        let program = try Program(
            executable, arguments, input: input, environment: environment, directory: directory)
        guard let ending = await program.ending(within: patience) else {
            await program.kill()
            throw Stuck(description: "\(executable) \(arguments) did not end: \(program.errors.text)")
        }
        await program.output.ended(within: .seconds(5))
        await program.errors.ended(within: .seconds(5))
        return Result(
            status: ending.bySignal ? -ending.status : ending.status, output: program.output.text,
            errors: program.errors.text, bytes: program.output.bytes)
    }

    /// As `run`, and the exit status must be zero.
    @discardableResult
    static func succeed(
        _ executable: String, _ arguments: [String], input: Data = Data(), environment: [String: String] = [:],
        directory: TemporaryDirectory? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Result {
        let result = try await run(
            executable, arguments, input: input, environment: environment, directory: directory)
        #expect(result.status == 0, "\(executable) \(arguments): \(result)", sourceLocation: sourceLocation)
        return result
    }
}
