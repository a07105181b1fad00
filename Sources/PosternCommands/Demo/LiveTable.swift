/// The state of a burst in one line that is rewritten while it goes on; printed once where nobody watches.
enum LiveTable {
    private static let width = 27

    static func show(_ result: Burst.Result, on terminal: Terminal) {
        guard terminal.isInteractive, terminal.showsProgress else { return }
        terminal.put("\r\u{1B}[K   \(line(result, on: terminal))")
    }

    static func finish(_ result: Burst.Result, on terminal: Terminal) {
        if terminal.isInteractive, terminal.showsProgress { terminal.put("\r\u{1B}[K") }
        terminal.write("   \(line(result, on: terminal))")
    }

    private static func line(_ result: Burst.Result, on terminal: Terminal) -> String {
        let waiting = max(0, result.count - result.accepted - result.refused)
        let bar =
            terminal.paint(String(repeating: "■", count: scaled(result.accepted, of: result.count)), .green)
            + terminal.paint(String(repeating: "■", count: scaled(result.refused, of: result.count)), .red)
            + terminal.paint(String(repeating: "·", count: scaled(waiting, of: result.count)), .dim)
        return "\(bar)  \(result.accepted) delivered, \(result.refused) refused, \(waiting) waiting"
    }

    private static func scaled(_ part: Int, of count: Int) -> Int { count == 0 ? 0 : part * width / count }
}
