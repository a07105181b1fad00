import Foundation
import Glibc

/// Where a command writes. Colour and progress only where a person looks: on a terminal.
struct Terminal: Sendable {
    enum Style: String {
        case bold = "1"
        case red = "31"
        case green = "32"
        case yellow = "33"
        case dim = "2"
    }

    /// Standard output is a terminal.
    let isInteractive: Bool
    /// Standard error is a terminal.
    let showsProgress: Bool

    static func current() -> Terminal {
        Terminal(isInteractive: isatty(STDOUT_FILENO) == 1, showsProgress: isatty(STDERR_FILENO) == 1)
    }

    func write(_ line: String = "") { print(line) }

    /// What was written goes out now, also to a pipe or a file.
    func flush() { fflush(nil) }

    /// To standard error, as `postern: …`.
    func complain(_ text: String) { put("postern: \(text)\n") }

    /// To standard error, as it is.
    func put(_ text: String) { StandardError.write(text) }

    func paint(_ text: String, _ style: Style) -> String {
        isInteractive ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// Columns of the terminal, 80 where it does not say; without limit where it is none.
    var width: Int {
        guard isInteractive else { return .max }
        var size = winsize()
        return ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    }
}

/// Standard error, where nobody may be listening: a full disk or a closed pipe there is no reason to stop.
enum StandardError {
    static func write(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
            guard count > 0 || errno == EINTR else { return }
            rest = rest.dropFirst(max(0, count))
        }
    }
}

/// One line on standard error that is rewritten as work goes on; nothing where that is no terminal.
struct ProgressBar {
    private static let width = 30

    private let terminal: Terminal
    private let label: String
    private let total: Int

    init(_ label: String, total: Int, on terminal: Terminal) {
        self.label = label
        self.total = total
        self.terminal = terminal
    }

    func show(_ done: Int) {
        guard terminal.showsProgress, total > 0 else { return }
        terminal.put("\r\u{1B}[K\(text(done))")
    }

    func finish() {
        if terminal.showsProgress, total > 0 { terminal.put("\r\u{1B}[K") }
    }

    private func text(_ done: Int) -> String {
        let filled = min(Self.width, Self.width * done / total)
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: Self.width - filled)
        return "\(label) \(bar) \(done)/\(total)"
    }
}
