import ArgumentParser
import Foundation
import Postern

/// `postern hash-password`
struct HashPasswordCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hash-password", abstract: "Read a password and print its hash, for `users` in the configuration.",
        discussion: "The password is read from standard input; on a terminal it is asked for twice and not shown.")

    func run() async throws {
        try await perform { terminal in
            let password =
                try terminal.showsProgress && isatty(STDIN_FILENO) == 1 ? Self.ask(terminal) : Self.readLine()
            guard !password.isEmpty else { throw CommandFailure(.usage, "the password is empty") }
            terminal.write(LocalPassword.hash(password))
        }
    }

    private static func readLine() -> String { Swift.readLine() ?? "" }

    private static func ask(_ terminal: Terminal) throws -> String {
        let first = askHidden("Password: ", terminal)
        guard askHidden("Again: ", terminal) == first else { throw CommandFailure(.usage, "the two passwords differ") }
        return first
    }

    /// With the terminal's echo off meanwhile.
    private static func askHidden(_ prompt: String, _ terminal: Terminal) -> String {
        var settings = termios()
        tcgetattr(STDIN_FILENO, &settings)
        var hidden = settings
        hidden.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSANOW, &hidden)
        defer { tcsetattr(STDIN_FILENO, TCSANOW, &settings) }
        terminal.put(prompt)
        defer { terminal.put("\n") }
        return readLine()
    }
}
