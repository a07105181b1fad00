import ArgumentParser
import DeliveryPolicy
import EmailLog
import Postern

/// What the verbs of `postern trial` share: which trial they speak of, and how they say what is then in force.
struct TrialVerbRun: ParsableArguments {
    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "The route whose trial is meant; needed where several have one.") var route: String?

    func apply(_ verb: TrialVerb, on terminal: Terminal) async throws {
        let configuration = try options.load(terminal)
        let route = try Self.route(route, configuration)
        let log = try ConfigurationOptions.openLog(of: configuration)
        try await verb.apply(to: route, in: log)
        try await Self.show([route], in: log, output, on: terminal)
        try await log.close()
    }

    static func route(_ name: String?, _ configuration: Postern.Configuration) throws -> Route {
        do { return try TrialVerb.route(name, in: configuration) } catch { throw failure(error) }
    }

    static func failure(_ failure: TrialVerb.Failure) -> CommandFailure {
        switch failure {
        case .noTrial, .notTried: CommandFailure(.configuration, failure.description)
        case .unknownRoute, .ambiguous: CommandFailure(.usage, failure.description)
        }
    }

    static func show(
        _ routes: [Route], in log: EmailLog, _ output: OutputOptions, on terminal: Terminal
    ) async throws {
        let clocks = Clocks.system()
        let all = try await TrialStatus.read(log, routes, clocks: clocks)
        if output.json {
            terminal.write(TrialStatus.json(all, isServed: log.isServed).written())
        } else {
            for status in all { status.show(on: terminal, isServed: log.isServed, now: clocks.now()) }
        }
    }
}

struct TrialStartCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Start a trial that was stopped or rolled back; its rule counts from now on.")
    @OptionGroup var run: TrialVerbRun

    func run() async throws { try await perform { try await run.apply(.start, on: $0) } }
}

struct TrialStopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Stop a trial: all mail goes by the route's primary path at once.")
    @OptionGroup var run: TrialVerbRun

    func run() async throws { try await perform { try await run.apply(.stop, on: $0) } }
}

struct TrialPercentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "percent", abstract: "Set the share of messages that take part, in place of `percent` and `ramp`.")
    @OptionGroup var run: TrialVerbRun
    @Argument(help: "From 0 to 100, such as 25 or 0.5.") var share: TrialShare

    func run() async throws { try await perform { try await run.apply(.percent(share), on: $0) } }
}

extension TrialShare: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
}
