import DeliveryPolicy
import MailModel

extension TrialSettings {
    /// What is configured, in one line: where it is another than the one a trial was started from, the trial starts anew.
    /// The report's tolerance is no part of it.
    func text(tried path: Path) -> String {
        var words = ["\(mode.rawValue) by \(path.rawValue)", amount.text]
        words += filter.senders.isEmpty ? [] : ["senders \(filter.senders.map(\.description).joined(separator: " "))"]
        words +=
            filter.recipients.isEmpty
            ? [] : ["recipients \(filter.recipients.map(\.description).joined(separator: " "))"]
        words +=
            filter.priorities.isEmpty
            ? [] : ["priority \(filter.priorities.map(\.rawValue).sorted().joined(separator: " "))"]
        if mode == .shadow { words.append("shadow \(shadow.text)") }
        if let rollback { words.append("rollback \(rollback.rule) to \(rollback.to)") }
        return words.joined(separator: "; ")
    }
}

extension TrialSettings.Amount {
    fileprivate var text: String {
        switch self {
        case .share(let share): share.description
        case .ramp(let ramp):
            "ramp \(ramp.steps.map(\.description).joined(separator: " ")) over \(Quantity.text(ramp.over))"
        }
    }
}

extension TrialSettings.Shadow {
    fileprivate var text: String {
        switch self {
        case .render: "render"
        case .draft: "draft"
        case .redirect(let address): address.description
        }
    }
}
