import ArgumentParser
import DeliveryPolicy
import MailModel
import Postern

/// A moment on the command line: `1d` (ago), or `2026-11-21 09:30` in UTC.
struct Moment: ExpressibleByArgument {
    private enum Form {
        case ago(Duration)
        case at(Timestamp)
    }

    private let form: Form

    init?(argument: String) {
        if let span = Quantity.duration(argument) {
            form = .ago(span)
        } else if let moment = Timestamp(argument) {
            form = .at(moment)
        } else {
            return nil
        }
    }

    func resolved(at now: Timestamp) -> Timestamp {
        switch form {
        case .ago(let span): now - span
        case .at(let moment): moment
        }
    }
}

extension Status: ExpressibleByArgument {}
extension MailModel.Path: ExpressibleByArgument {}
extension TrialArm: ExpressibleByArgument {}
extension QueueID: ExpressibleByArgument {
    package init?(argument: String) {
        guard !argument.isEmpty else { return nil }
        self.init(rawValue: argument)
    }
}

extension Address: ExpressibleByArgument {
    package init?(argument: String) {
        guard let address = try? Address(parsing: argument) else { return nil }
        self = address
    }
}

extension Terminal {
    func paint(_ status: Status) -> String {
        switch status {
        case .sent: paint(status.rawValue, .green)
        case .failed: paint(status.rawValue, .red)
        case .unknown, .held: paint(status.rawValue, .yellow)
        case .queued, .inProgress, .cancelled: status.rawValue
        }
    }
}
