import Foundation
import Testing

/// `postern demo` needs nothing and loses nothing.
@Suite(.serialized, .timeLimit(.minutes(5))) struct DemoTests {
    @Test func theSecondHalfLosesNothing() async throws {
        let directory = try TemporaryDirectory()
        let result = try await Command.run(
            Executables.postern, ["demo"], environment: ["TMPDIR": directory.url.path], directory: directory)
        #expect(result.status == 0, "\(result)")
        #expect(try counts("straight to Exchange", result).last ?? 0 > 0, "\(result)")
        #expect(try counts("through Postern", result) == [27, 27, 0], "\(result)")
        #expect(result.output.contains("4.3.2") && result.output.contains("theoretical bound"))
        #expect(result.output.contains("postern log"))
        #expect(!result.output.contains("\u{1B}"), "colours where no terminal is")
    }

    /// Reports, delivered, lost.
    private func counts(_ label: String, _ result: Command.Result) throws -> [Int] {
        let line = try #require(result.lines.last { $0.trimmingCharacters(in: .whitespaces).hasPrefix(label) })
        return line.split(separator: " ").compactMap { Int($0) }
    }
}
