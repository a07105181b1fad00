import Foundation
import Testing

@testable import Postern

@Suite(.timeLimit(.minutes(5))) struct AlertProgramTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func shell(_ script: String, _ arguments: String..., timeout: Duration = .seconds(60)) -> AlertProgram {
        AlertProgram(
            command: ["/bin/sh", "-c", script, "sh"] + arguments,
            environment: ["POSTERN_ALERT_NAME": "failures", "OUT": directory.path], timeout: timeout)
    }

    private func written(_ name: String) throws -> String {
        try String(contentsOfFile: "\(directory.path)/\(name)", encoding: .utf8)
    }

    @Test func itGetsTheTextTheArgumentsAndTheEnvironment() async throws {
        try await shell(#"cat > "$OUT/text"; echo "$1|$POSTERN_ALERT_NAME|$PATH" > "$OUT/rest""#, "a b;$HOME")
            .run(input: "27 messages failed\n")
        #expect(try written("text") == "27 messages failed\n")
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        #expect(try written("rest") == "a b;$HOME|failures|\(path)\n")
    }

    /// What the service was started with may be secret.
    @Test func ofOurEnvironmentItSeesOnlyTheEssentials() async throws {
        try await shell(#"env > "$OUT/env""#).run(input: "")
        let names = try written("env").split(separator: "\n").compactMap { $0.split(separator: "=").first }
        let known = ["PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "POSTERN_ALERT_NAME", "OUT"]
        let byTheShell = ["PWD", "OLDPWD", "SHLVL", "_"]
        #expect(names.allSatisfy { (known + byTheShell).contains(String($0)) }, "\(names)")
    }

    @Test func ofOurFilesItSeesTheStandardStreamsAlone() async throws {
        try await shell(#"ls /proc/$$/fd > "$OUT/fds"; true"#).run(input: "")
        let open = try written("fds").split(separator: "\n").compactMap { Int($0) }
        // The shell's own script or terminal lies above 9.
        #expect(open.filter { $0 < 10 } == [0, 1, 2])
    }

    @Test func itsOutputGoesNowhere() async throws {
        try await shell(#"out=$(readlink /proc/$$/fd/1); echo "$out" > "$OUT/out""#).run(input: "x")
        #expect(try written("out") == "/dev/null\n")
    }

    /// Whoever does not read leaves no broken pipe behind.
    @Test func theTextNeedNotBeRead() async throws {
        try await shell("exit 0").run(input: String(repeating: "x", count: 100_000))
    }

    @Test(arguments: [("exit 3", "/bin/sh ended with status 3"), ("kill -TERM $$", "/bin/sh was ended by signal 15")])
    func itsFailureIsNamed(_ script: String, _ text: String) async {
        await #expect(throws: AlertProgram.Failure(text: text)) { try await shell(script).run(input: "") }
    }

    @Test func whatIsNotThereCannotBeRun() async {
        let program = AlertProgram(command: ["/nowhere/page"], environment: [:])
        await #expect(throws: AlertProgram.Failure(text: "/nowhere/page cannot be run: No such file or directory")) {
            try await program.run(input: "")
        }
    }

    /// With all that it has started.
    @Test func itIsKilledAfterItsTime() async throws {
        let program = shell("sleep 1000 & wait", timeout: .milliseconds(300))
        await #expect(throws: AlertProgram.Failure(text: "/bin/sh did not end within 300ms")) {
            try await program.run(input: "")
        }
    }

    @Test func manyAtOnceDoNotWaitForEachOther() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<20 {
                group.addTask { try await shell(#"cat > "$OUT/$1""#, "\(number)").run(input: "text \(number)") }
            }
            try await group.waitForAll()
        }
        for number in 0..<20 { #expect(try written("\(number)") == "text \(number)") }
    }
}
