import DeliveryPolicy
import EmailLog

extension ShadowForm {
    /// The most that an exercise takes; `nil`: nothing is asked of Graph.
    ///
    /// - Parameter uploadsAbove: as in `LaneLimits`.
    func bound(size: Int64, uploadsAbove: Int64?) -> AttemptBound? {
        steps.map { AttemptBound(size: size, steps: $0, uploadsAbove: uploadsAbove) }
    }

    /// A draft is made, looked at and deleted; a copy goes as mail does, and is never looked for.
    private var steps: Int64? {
        switch self {
        case .render: nil
        case .draft: 3
        case .redirect: 2
        }
    }
}

extension ShadowResult.Cost {
    /// As much as an exercise can have taken that the end of its process has cut off.
    static func cutOff(_ form: ShadowForm, size: Int64, uploadsAbove: Int64?) -> Self {
        guard let bound = form.bound(size: size, uploadsAbove: uploadsAbove) else { return Self() }
        return Self(
            requests: Int(bound.requests), messages: form == .redirect ? 1 : 0, bytes: Int(bound.rawOctets))
    }
}
