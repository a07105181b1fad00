import EmailLog
import MailModel
import Postern

/// Prints rows as they appear or change, like `tail -f`.
struct LogFollower {
    let log: EmailLog
    let terminal: Terminal

    func run(after rows: [LogRow], filter: (Timestamp) -> LogFilter) async throws {
        var seen: [QueueID: Status] = [:]
        for row in rows.reversed() { show(row, &seen) }
        let clocks = Clocks.system()
        var version = try await log.dataVersion()
        while !Task.isCancelled {
            try await Task.sleep(for: .milliseconds(500))
            let current = try await log.dataVersion()
            guard current != version else { continue }
            version = current
            for row in try await log.rows(filter(clocks.now())).reversed() { show(row, &seen) }
        }
    }

    private func show(_ row: LogRow, _ seen: inout [QueueID: Status]) {
        guard seen.updateValue(row.status, forKey: row.id) != row.status else { return }
        let cells = row.cells
        terminal.write(
            ([cells[0], terminal.paint(row.status)] + cells.dropFirst(2)).filter { !$0.isEmpty }.joined(separator: "  ")
        )
        terminal.flush()
    }
}
