import Foundation

/// The clients and tools that are written in Python, in `Clients/`.
enum Python {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Clients")

    static func script(_ name: String) -> String { folder.appendingPathComponent(name).path }

    /// The system's own first: a version manager's wrapper takes its time at each start.
    private static let interpreter =
        FileManager.default.isExecutableFile(atPath: "/usr/bin/python3")
        ? "/usr/bin/python3" : Executables.find("python3") ?? "python3"

    /// Compiled files would litter the source tree.
    static let environment = ["PYTHONDONTWRITEBYTECODE": "1"]

    static func program(_ name: String, _ arguments: [String]) throws -> Program {
        try Program(interpreter, [script(name)] + arguments, environment: environment)
    }

    /// - Returns: what the script printed; it must end well.
    static func run(_ name: String, _ arguments: [String], input: Data = Data()) async throws -> Command.Result {
        let result = try await Command.run(
            interpreter, [script(name)] + arguments, input: input, environment: environment)
        guard result.status == 0 else { throw Command.Stuck(description: "\(name): \(result)") }
        return result
    }

    static func run<Value: Decodable>(
        _ name: String, _ arguments: [String], input: Data = Data(), as type: Value.Type
    ) async throws -> Value {
        try JSONDecoder.snakeCase.decode(type, from: await run(name, arguments, input: input).bytes)
    }
}

extension JSONDecoder {
    /// For keys that are named as columns are.
    static var snakeCase: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }
}
