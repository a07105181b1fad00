import ArgumentParser
import GraphProtocol
import MailModel
import Postern

/// `postern token`
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Acquire a token now, and say what it is good for or what is wrong.")

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "Only this route. Default: all.") var route: String?
    @Flag(help: "A token for SMTP submission to Exchange instead of one for Graph.") var smtp = false
    @Flag(help: "Print the token itself, and nothing else.") var raw = false

    func run() async throws {
        try await perform { terminal in
            let checks = try await check(try options.load(terminal))
            if raw {
                for check in checks { terminal.write(try check.rawToken()) }
            } else if output.json {
                terminal.write(document(checks).written())
            } else {
                for check in checks { check.show(on: terminal) }
            }
            guard let worst = checks.compactMap(\.failure).first else { return }
            throw ExitCode(worst.exitStatus.rawValue)
        }
    }

    private func check(_ configuration: Postern.Configuration) async throws -> [TokenCheck] {
        let chosen = configuration.routes.filter { route == nil || $0.name == route }
        guard !chosen.isEmpty else {
            let names = configuration.routes.map(\.name).joined(separator: ", ")
            throw CommandFailure(.usage, "there is no route \(route ?? ""); the configuration has \(names)")
        }
        var checks: [TokenCheck] = []
        for route in chosen {
            checks.append(try await TokenCheck.run(route, of: configuration, audience: smtp ? .exchangeSMTP : .graph))
        }
        return checks
    }

    /// One route is one object, several are a list.
    private func document(_ checks: [TokenCheck]) -> JSON {
        checks.count == 1 ? checks[0].json : .array(checks.map(\.json))
    }
}

extension TokenCheck {
    var failure: TokenFailure? { if case .failure(let failure) = result { failure } else { nil } }

    func rawToken() throws -> String {
        switch result {
        case .success(let granted): granted.token.text
        case .failure(let failure): throw CommandFailure(failure.exitStatus, "\(failure.text). \(failure.explanation)")
        }
    }

    func show(on terminal: Terminal) {
        for (label, value) in lines(terminal) {
            terminal.write(
                "\(terminal.paint(label, .bold))\(String(repeating: " ", count: max(1, 10 - label.count)))\(value)")
        }
        terminal.write()
    }

    private func lines(_ terminal: Terminal) -> [(String, String)] {
        let head = [("route", route), ("tenant", tenant), ("app", clientID), ("for", audience.word)]
        switch result {
        case .success(let granted):
            let roles = granted.claims?.roles.sorted().joined(separator: ", ") ?? ""
            return head + [
                ("token", terminal.paint("ok", .green)), ("audience", granted.claims?.audience ?? "-"),
                ("roles", roles.isEmpty ? "none" : roles), ("expires", "\(granted.expiresAt) UTC"),
                ("can send", granted.verdict.text),
            ]
        case .failure(let failure):
            return head + [
                ("token", terminal.paint("refused", .red)),
                ("error", [failure.code, failure.text].compactMap(\.self).joined(separator: ": ")),
                ("do", failure.explanation),
            ]
        }
    }

    var json: JSON {
        let head: [JSON.Member] = [
            .init("route", .string(route)), .init("tenant", .string(tenant)), .init("client_id", .string(clientID)),
        ]
        switch result {
        case .success(let granted):
            return .object(
                head + [
                    .init("audience", .text(granted.claims?.audience ?? audience.word)),
                    .init("roles", .array((granted.claims?.roles ?? []).sorted().map { .string($0) })),
                    .init("expires_at", .string(granted.expiresAt.description)),
                    .init("app", .text(granted.claims?.applicationName)),
                    .init("can_send", .string(granted.verdict.answer.rawValue)),
                    .init("verdict", .string(granted.verdict.text)),
                ])
        case .failure(let failure):
            return .object(
                head + [
                    .init("audience", .string(audience.word)), .init("roles", .array([])), .init("expires_at", .null),
                    .init("error", .text(failure.error)), .init("error_code", .text(failure.code)),
                    .init("error_text", .string(failure.text)), .init("explanation", .string(failure.explanation)),
                ])
        }
    }
}

extension Audience {
    var word: String {
        switch self {
        case .graph: "Microsoft Graph"
        case .exchangeSMTP: "Exchange SMTP"
        }
    }
}

extension TokenFailure {
    var exitStatus: ExitStatus {
        switch kind {
        case .operator, .newAssertionOnce: .refused
        case .backOffMinutes: .tryAgainLater
        case .transient: .unavailable
        }
    }
}
