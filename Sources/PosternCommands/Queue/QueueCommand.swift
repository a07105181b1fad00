import ArgumentParser

/// `postern queue`: the waiting messages.
struct QueueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue", abstract: "The waiting messages: what for, until when; hold, release, cancel, flush.",
        subcommands: [QueueListCommand.self, QueueHold.self, QueueRelease.self, QueueCancel.self, QueueFlush.self],
        defaultSubcommand: QueueListCommand.self)
}
