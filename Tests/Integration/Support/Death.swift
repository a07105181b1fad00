import EmailLog
import Foundation

/// How a process comes to its end.
enum Death: Sendable, CustomStringConvertible {
    /// It ends itself when it is there for the nth time.
    case at(CrashPoint, time: Int)
    /// SIGKILL, that long after it was started.
    case after(Duration)
    /// It is told to end, and does; for a power cut behind that.
    case ordered

    /// Those that a process comes by, whatever `exactly_once` says and without a trial.
    static let points = CrashPoint.allCases.filter { point in
        ![.draftMade, .draftKept, .shadowClaimed, .shadowAnswered].contains(point)
    }

    /// What is reached once in a process needs no other number.
    static func at(_ point: CrashPoint, using random: inout SeededGenerator) -> Death {
        switch point {
        case .maildropWritten, .maildropSynced, .maildropNamed, .recovered: .at(point, time: 1)
        case .maildropRead, .maildropTaken: .at(point, time: .random(in: 1...3, using: &random))
        case .bodyArriving, .bodySynced, .bodyNamed, .bodyPublished, .committing, .committed, .accepted, .chosen,
            .claimed, .bytesLeaving, .draftMade, .draftKept, .answered, .settled, .shadowClaimed, .shadowAnswered:
            .at(point, time: .random(in: 1...8, using: &random))
        }
    }

    /// Anything from a start that is not complete to some hundred messages later.
    static func sometime(using random: inout SeededGenerator) -> Death {
        .after(.milliseconds(.random(in: 1..<700, using: &random)))
    }

    var ending: Program.Ending {
        switch self {
        case .at, .after: .init(status: SIGKILL, bySignal: true)
        case .ordered: .init(status: 0, bySignal: false)
        }
    }

    /// More messages than are handed in until then; where nothing else ends it, those are all.
    var messages: Int {
        switch self {
        case .at, .after: 300
        case .ordered: 60
        }
    }

    var description: String {
        switch self {
        case .at(let point, let time): "\(point):\(time)"
        case .after(let moment): "after \(moment)"
        case .ordered: "ordered"
        }
    }
}
