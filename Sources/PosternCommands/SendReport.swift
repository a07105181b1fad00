import MailModel
import Postern

// What `postern send` says: the way a message takes, and each step on it.

extension DirectDelivery.Step {
    func show(on terminal: Terminal) {
        terminal.write("id       \(id)")
        terminal.write("route    \(lane.route), mailbox \(lane.mailbox), by \(path.rawValue)")
        terminal.write(
            "outcome  \(terminal.paint(outcome.word, outcome.refusal == nil ? .green : .red)) after \(duration.milliseconds) ms"
        )
        if case .accepted(let receipt) = outcome {
            terminal.write("answer   \(receipt.status), request id \(receipt.requestID ?? "-")")
        }
        guard let refusal = outcome.refusal else { return }
        terminal.write("answer   \(refusal.words)")
        if case .unknown = outcome {
            terminal.write(
                "do       It may have been sent: look into the mailbox's Sent Items before sending it again.")
        }
        if let advice = refusal.advice(on: path) { terminal.write("do       \(advice)") }
    }

    func json(_ choice: SendChoice) -> JSON {
        let receipt: Receipt? = if case .accepted(let receipt) = outcome { receipt } else { nil }
        return .object([
            .init("id", .string(id.rawValue)), .init("route", .string(lane.route)),
            .init("mailbox", .string(lane.mailbox.description)),
            .init("path", .string(path.rawValue)), .init("outcome", .string(outcome.word)),
            .init("duration_ms", .whole(duration.milliseconds)),
            .init("http_status", .whole(receipt?.status ?? outcome.refusal?.status)),
            .init("error_code", .text(outcome.refusal?.code)),
            .init("error_text", .text(outcome.refusal?.text)),
            .init("request_id", .text(receipt?.requestID ?? outcome.refusal?.requestID)),
            .init("plan", choice.json),
        ])
    }
}

extension SendChoice {
    func show(on terminal: Terminal) {
        terminal.write("plan     \(words): \(reason)")
    }

    var words: String {
        switch form {
        case .mimeRequest: "by Graph, as one MIME request"
        case .upload: "by Graph, as a draft with uploads"
        case .submission: "by SMTP"
        case .refused: "refused"
        }
    }

    var json: JSON {
        .object([
            .init("form", .string(form.rawValue)), .init("path", .text(path?.rawValue)),
            .init("fell_back", .bool(fallsBack)), .init("reason", .string(reason)),
        ])
    }
}

extension LocalSubmission.Preview {
    func show(on terminal: Terminal) {
        terminal.write("route    \(lane.route), mailbox \(lane.mailbox)")
        terminal.write("size     \(size) octets")
        let counts = recipientCounts.map(String.init).joined(separator: " + ")
        let rows = recipientCounts.count == 1 ? "" : " in \(recipientCounts.count) messages (`recipients_per_message`)"
        terminal.write("to       \(counts) \(recipientCounts == [1] ? "recipient" : "recipients")\(rows)")
        choice.show(on: terminal)
        terminal.write("Nothing was sent.")
    }

    var json: JSON {
        .object([
            .init("dry_run", .bool(true)), .init("route", .string(lane.route)),
            .init("mailbox", .string(lane.mailbox.description)), .init("size", .whole(size)),
            .init("recipient_counts", .array(recipientCounts.map { .whole($0) })), .init("plan", choice.json),
        ])
    }
}
