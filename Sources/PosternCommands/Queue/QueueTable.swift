import DeliveryPolicy
import EmailLog
import MailModel
import Postern

/// `postern queue` for people: each lane in one line, and below it in one line for each priority what it waits for.
struct QueueTable {
    let report: QueueReport
    let now: Timestamp
    let terminal: Terminal

    func show(_ rows: [LogRow]) {
        if report.lanes.isEmpty { terminal.write("The queue is empty.") } else { showLanes() }
        show(pauses)
        show(quotas)
        show(trials)
        show(messages(rows))
    }

    private func showLanes() {
        if !report.isServed {
            terminal.write(terminal.paint("No service is running: nothing goes until one is started.", .yellow))
        }
        var table = Table([
            .init(heading: "ROUTE"), .init(heading: "MAILBOX"), .init(heading: "Q", alignment: .right),
            .init(heading: "P", alignment: .right), .init(heading: "H", alignment: .right),
            .init(heading: "U", alignment: .right), .init(heading: "OLDEST"), .init(heading: "NEXT"),
            .init(heading: "DRAINED"),
        ])
        for lane in report.lanes { table.add(cells(lane)) }
        let lines = table.lines(width: terminal.width)
        terminal.write(terminal.paint(lines[0], .bold))
        for (line, lane) in zip(lines.dropFirst(), report.lanes) {
            terminal.write(line)
            for waiting in lane.waiting {
                for text in texts(waiting) {
                    terminal.write(Table.cut("  \(Table.printable(text))", to: terminal.width))
                }
            }
        }
    }

    private func cells(_ lane: QueueReport.Lane) -> [String] {
        let counts = [Status.queued, .inProgress, .held, .unknown].map { String(lane.summary.counts[$0] ?? 0) }
        let oldest = lane.summary.oldestQueuedDate.map { (now - $0).spoken } ?? "-"
        let drained = lane.timeToDrain.map { $0 > .zero ? "in \($0.spoken)" : "soon" } ?? "-"
        return [lane.summary.route, lane.summary.mailbox] + counts + [oldest, when(lane.nextStart), drained]
    }

    /// One line, but for rows that are bound to a path or in a trial.
    private func texts(_ waiting: QueueReport.Waiting) -> [String] {
        let head = "\(waiting.priority.rawValue) \(waiting.messages)"
        guard !waiting.waits.isEmpty else { return ["\(head): the route is not configured"] }
        return waiting.waits.map { wait in
            let binding = wait.queue == .trial ? " (trial)" : wait.queue.pin.map { " (\($0.rawValue) only)" } ?? ""
            let moment = wait.reason == .nothing ? "" : wait.until.map { ", \(when($0))" } ?? ""
            return "\(head)\(binding)\(moment): \(wait.reason.words(for: waiting.priority))"
        }
    }

    private var pauses: Table {
        var table = Table("PAUSED", "MAILBOX", "PATH", "FOR", "UNTIL", "BECAUSE")
        for pause in report.pauses {
            table.add([
                pause.route, pause.mailbox?.description ?? "(all)", pause.path.rawValue, (now - pause.since).spoken,
                when(pause.until), pause.reason,
            ])
        }
        return table
    }

    /// Those that call for attention, and those that whole routes share.
    private var quotas: Table {
        var table = Table("QUOTA", "MAILBOX", "USED", "LIMIT")
        for quota in report.quotas where quota.key.mailbox == nil || quota.use.percent >= QuotaWatch.threshold {
            table.add([
                quota.key.route, quota.key.mailbox?.description ?? "(all)", "\(quota.use.percent)%", quota.use.words,
            ])
        }
        return table
    }

    private var trials: Table {
        var table = Table("TRIAL", "STATE", "SINCE", "BECAUSE")
        for trial in report.trials {
            let since = (now - trial.standing.since).spoken
            table.add([trial.route, trial.stateWords, since, trial.standing.reason ?? "-"])
        }
        return table
    }

    private func messages(_ rows: [LogRow]) -> Table {
        var table = Table("ID", "S", "PRIORITY", "AGE", "NEXT", "TRIES", "SENDER", "RECIPIENTS", "LAST ANSWER")
        for row in rows { table.add(cells(row)) }
        return table
    }

    private func cells(_ row: LogRow) -> [String] {
        [
            row.id.rawValue, row.status.rawValue, row.priority.rawValue, (now - row.createdDate).spoken,
            when(row.nextAttemptDate), String(row.attempts), row.sender.isEmpty ? "<>" : row.sender,
            row.recipientSummary, row.error,
        ]
    }

    private func show(_ table: Table) {
        guard !table.isEmpty else { return }
        let lines = table.lines(width: terminal.width)
        terminal.write()
        terminal.write(terminal.paint(lines[0], .bold))
        for line in lines.dropFirst() { terminal.write(line) }
    }

    private func when(_ moment: Timestamp?) -> String {
        moment.map { $0 > now ? "in \(($0 - now).spoken)" : "now" } ?? "-"
    }
}

extension LaneWait.Reason {
    /// As an answer to "what does it wait for?"
    func words(for priority: Priority) -> String {
        switch self {
        case .nothing: "ready to go"
        case .dueDate: "its next attempt is not due yet"
        case .pause(let path, let refusal): "\(path.rawValue) is paused: \(refusal.text)"
        case .missingPath(let path): "the route has no `\(path.rawValue)` section any more"
        case .limit(let use) where use.rate.isQuota && priority > .high:
            "\(use.words); \(priority.rawValue) mail may use \(Rate.quotaShare(of: priority))%"
        case .limit(let use): use.words
        case .attempts: "attempts of its mailbox are under way"
        case .moreUrgent: "other mail of its mailbox goes first"
        }
    }
}
