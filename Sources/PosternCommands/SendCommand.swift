import ArgumentParser
import EmailLog
import Foundation
import MIME
import MailModel
import Postern

/// `postern send`
struct SendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send", abstract: "Send one message now and say what happened, or hand it to the queue.")

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "The sender.") var from: String
    @Option(parsing: .upToNextOption, help: "The recipients.") var to: [String] = []
    @Option(parsing: .upToNextOption, help: "Recipients of copies.") var cc: [String] = []
    @Option(parsing: .upToNextOption, help: "Recipients whom no header names.") var bcc: [String] = []
    @Option(help: "The subject.") var subject = ""
    @Option(help: "The text. Default: standard input, where that is no terminal.") var text: String?
    @Option(help: "The HTML form of the text.") var html: String?
    @Option(parsing: .upToNextOption, help: "Files to attach.") var attach: [String] = []
    @Option(help: "A file with a whole message, sent as it is; the recipients are those of the options.") var eml:
        String?
    @Option(help: "By which path: graph or smtp. Default: the route's primary.") var via: MailModel.Path?
    @Flag(help: "Hand it to the queue instead: the running service delivers it.") var queue = false
    @Flag(help: "Say which way it would take and why; send and store nothing.") var dryRun = false

    func validate() throws {
        guard !(to + cc + bcc).isEmpty else {
            throw ValidationError("name at least one recipient with --to, --cc or --bcc")
        }
        guard eml == nil || (text == nil && html == nil && attach.isEmpty) else {
            throw ValidationError("--eml sends a file as it is; --text, --html and --attach do not go with it")
        }
    }

    func run() async throws {
        try await perform { terminal in
            let configuration = try options.load(terminal)
            let envelope = try envelope()
            let message = try message(hostname: configuration.hostname)
            do {
                if dryRun {
                    try await plan(message, envelope, configuration, terminal)
                } else if queue {
                    try await enqueue(message, envelope, configuration, terminal)
                } else {
                    try await sendNow(message, envelope, DirectDelivery(configuration, via: via), terminal)
                }
            } catch let refused as Refused {
                throw CommandFailure(.failure, "refused: \(refused)")
            }
        }
    }

    private func plan(
        _ message: [UInt8], _ envelope: Envelope, _ configuration: Postern.Configuration, _ terminal: Terminal
    ) async throws {
        let preview = try LocalSubmission.preview(
            message, envelope, via: via, configuration, at: Clocks.system().now())
        if output.json { terminal.write(preview.json.written()) } else { preview.show(on: terminal) }
        if preview.choice.form == .refused { throw ExitCode(ExitStatus.failure.rawValue) }
    }

    private func enqueue(
        _ message: [UInt8], _ envelope: Envelope, _ configuration: Postern.Configuration, _ terminal: Terminal
    ) async throws {
        let log = try EmailLog.open(path: configuration.store, role: .tool)
        let submission = LocalSubmission(configuration, log: log, clocks: .system())
        let judged = try submission.judge(message, envelope, via: via)
        try await submission.accept(judged, isTried: true)
        try await log.close()
        let (ids, lane) = (judged.ids, judged.lane)
        if output.json {
            terminal.write(
                JSON.object([
                    .init("queued", .array(ids.map { .string($0.rawValue) })), .init("route", .string(lane.route)),
                ]).written())
        } else {
            terminal.write(
                "queued as \(ids.map(\.rawValue).joined(separator: ", ")), route \(lane.route), mailbox \(lane.mailbox)"
            )
        }
    }

    private func sendNow(_ message: [UInt8], _ envelope: Envelope, _ delivery: DirectDelivery, _ terminal: Terminal)
        async throws
    {
        let report = try await delivery.send(message, envelope)
        let steps = report.steps
        if output.json {
            let results = steps.map { $0.json(report.choice) }
            terminal.write(results.count == 1 ? results[0].written() : JSON.array(results).written())
        } else {
            report.choice.show(on: terminal)
            for step in steps { step.show(on: terminal) }
        }
        // A step that fell back is not the end of its message.
        let last = Dictionary(steps.map { ($0.id, $0.outcome.exitStatus) }) { $1 }
        guard let worst = steps.compactMap({ last[$0.id] }).first(where: { $0 != .success }) else { return }
        throw ExitCode(worst.rawValue)
    }

    // MARK: The message

    private func envelope() throws -> Envelope {
        Envelope(sender: try address(from).address, recipients: try (to + cc + bcc).map { try address($0).address })
    }

    private func address(_ text: String) throws -> NamedAddress {
        let list = AddressList(parsing: text)
        guard let first = list.addresses.first, list.addresses.count == 1, list.unparsed.isEmpty else {
            throw CommandFailure(.usage, "\(text) is not an address; write name@domain or \"Name <name@domain>\"")
        }
        return first
    }

    private func message(hostname: String) throws -> [UInt8] {
        if let eml { return try Self.read(eml).normalizedLineEnds }
        var builder = MessageBuilder(
            from: try address(from), to: try to.map(address), subject: subject, text: try body(), html: html,
            date: Clocks.system().now(), messageID: "<\(UUID().uuidString.lowercased())@\(hostname)>")
        builder.cc = try cc.map(address)
        builder.attachments = try attach.map { path in
            MessageBuilder.Attachment(
                name: URL(filePath: path).lastPathComponent, type: MediaTypes.type(ofFile: path),
                bytes: try Self.read(path))
        }
        var random = SystemRandomNumberGenerator()
        return builder.build(using: &random)
    }

    private func body() throws -> String? {
        if text != nil || html != nil { return text }
        guard isatty(STDIN_FILENO) == 0 else { return "" }
        return String(decoding: FileHandle.standardInput.readDataToEndOfFile(), as: UTF8.self)
    }

    private static func read(_ path: String) throws -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandFailure(.usage, "the file \(path) cannot be read")
        }
        return Array(data)
    }
}

extension [UInt8] {
    /// Every line ended by CRLF, as on the wire.
    var normalizedLineEnds: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(count + count / 32)
        for (index, byte) in enumerated() {
            if byte == 0x0A, index == 0 || self[index - 1] != 0x0D { result.append(0x0D) }
            result.append(byte)
            if byte == 0x0D, index + 1 == count || self[index + 1] != 0x0A { result.append(0x0A) }
        }
        return result
    }
}

extension Outcome {
    var exitStatus: ExitStatus {
        switch self {
        case .accepted: .success
        // It may have been sent: whoever tries again on the word of an exit status would send it twice.
        case .unknown: .failure
        case .rejected: .failure
        case .deferred(let refusal, _): refusal.cause.exitStatus
        }
    }
}

extension Refusal.Cause {
    fileprivate var exitStatus: ExitStatus {
        switch self {
        case .throttled, .quota: .tryAgainLater
        case .unavailable: .unavailable
        case .unauthorized, .misconfigured: .refused
        case .rejected, .tooLarge, .unrepresentable, .malfunction: .failure
        }
    }
}
