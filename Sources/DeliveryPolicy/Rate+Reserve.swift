package import MailModel

/// What of a limit each priority leaves to more urgent mail.
///
/// | | windows below an hour | quotas: windows of an hour and more |
/// |---|---|---|
/// | `high` | all of it | all of it |
/// | `normal` | all of it | 98 % |
/// | `bulk` | 90 %, and less than all | 90 % |
///
/// What a short window lacks is there again in a moment; a day's quota that bulk has used up is missed until tomorrow.
extension Rate {
    /// Whether what is used up is gone for so long that people should hear of it before.
    package var isQuota: Bool { per >= .seconds(3600) }

    /// What a priority may use of a quota, of a hundred.
    package static func quotaShare(of priority: Priority) -> Int {
        switch priority {
        case .high: 100
        case .normal: 98
        case .bulk: 90
        }
    }

    /// - Parameter isOverdue: its turn has come because it was passed over for too long; then it leaves nothing of a short window.
    func reserve(before priority: Priority, isOverdue: Bool = false) -> Int64 {
        if isQuota { return amount * Int64(100 - Self.quotaShare(of: priority)) / 100 }
        return priority == .bulk && !isOverdue && amount > 1 ? max(1, amount / 10) : 0
    }
}
