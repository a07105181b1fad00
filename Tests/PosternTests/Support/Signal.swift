import Logging
import NIOConcurrencyHelpers

/// Something that happens once, and that many may wait for.
final class Signal: Sendable {
    private struct State {
        var isRaised = false
        var waiting: [AsyncStream<Void>.Continuation] = []
    }

    private let state = NIOLockedValueBox(State())

    func raise() {
        let waiting = state.withLockedValue { state in
            defer { state.waiting = [] }
            state.isRaised = true
            return state.waiting
        }
        for continuation in waiting { continuation.finish() }
    }

    /// Returns, too, when the waiting task is cancelled, as a test is whose time is over.
    func wait() async {
        let (raised, continuation) = AsyncStream.makeStream(of: Void.self)
        let isRaised = state.withLockedValue { state in
            if !state.isRaised { state.waiting.append(continuation) }
            return state.isRaised
        }
        if isRaised { continuation.finish() }
        for await _ in raised {}
    }
}

/// Raises a signal when a sentence is logged for the first time, and keeps all that is.
final class LogRecorder: Sendable {
    struct Line: Sendable {
        var level: Logger.Level
        var sentence: String
        var metadata: Logger.Metadata
    }

    private let recorded = NIOLockedValueBox<[Line]>([])
    private let signals: [String: Signal]

    init(awaiting sentences: String...) {
        signals = Dictionary(sentences.map { ($0, Signal()) }) { first, _ in first }
    }

    var lines: [Line] { recorded.withLockedValue { $0 } }
    var sentences: [String] { lines.map(\.sentence) }
    var logger: Logger { Logger(label: "recorded") { _ in Handler(recorder: self) } }

    func logged(_ sentence: String) async { await signals[sentence]?.wait() }

    private func record(_ line: Line) {
        recorded.withLockedValue { $0.append(line) }
        signals[line.sentence]?.raise()
    }

    private struct Handler: LogHandler {
        let recorder: LogRecorder
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            recorder.record(Line(level: event.level, sentence: "\(event.message)", metadata: event.metadata ?? [:]))
        }
    }
}
