// From what came back for a sendMail to an outcome: the table of GraphRules applied, and the same for answers that never
// came. A message that may have been taken is never called deferred.

package import MailModel

package enum GraphAnswer: Hashable, Sendable {
    case outcome(Outcome)
    /// 401: nothing was submitted; renew the token and repeat once. If that is refused too, the refusal stands for the
    /// whole route.
    case unauthenticated(Refusal)

    /// - Parameters:
    ///   - bodyProgress: how much of the body had been handed over when the answer came; a refusal may come early.
    ///   - now: for a Retry-After that is a date.
    package static func read(
        _ response: WireResponse, bodyProgress: WireFailure.BodyProgress = .complete, now: Timestamp
    ) -> GraphAnswer {
        let error = GraphError(response.body)
        let rule = GraphRule.first(for: response.status, error)
        let refusal = refusal(response, error, rule)
        switch rule.verdict {
        case .accepted:
            return .outcome(.accepted(Receipt(status: response.status, requestID: refusal.requestID)))
        case .deferred:
            return .outcome(.deferred(refusal, retryAfter: response.retryAfter(now: now)))
        case .rejected:
            return .outcome(.rejected(refusal))
        case .unknown:
            return .outcome(.unknown(refusal))
        case .unknownOnceSent:
            let taken = bodyProgress == .complete
            return .outcome(taken ? .unknown(refusal) : .deferred(refusal, retryAfter: response.retryAfter(now: now)))
        case .unauthenticated:
            return .unauthenticated(refusal)
        }
    }

    /// An answer that broke off is judged by its status; where none had come, by how much of the body had gone out.
    package static func read(_ failure: WireFailure, now: Timestamp) -> GraphAnswer {
        if let seen = failure.seen { return read(seen, bodyProgress: failure.bodyProgress, now: now) }
        let refusal = Self.refusal(failure)
        return .outcome(
            failure.bodyProgress == .complete ? .unknown(refusal) : .deferred(refusal, retryAfter: nil))
    }

    /// What an operator can do about a refusal; `nil` where there is nothing to do but wait, or where it says all itself.
    package static func advice(for refusal: Refusal) -> String? {
        guard let status = refusal.status else { return nil }
        var error = GraphError([])
        error.code = refusal.code
        error.message = refusal.text
        return GraphRule.first(for: status, error).advice
    }

    private static func refusal(_ response: WireResponse, _ error: GraphError, _ rule: GraphRule) -> Refusal {
        Refusal(
            scope: rule.scope, cause: rule.cause, status: response.status, code: error.code,
            text: text(response.status, error),
            requestID: response.header("request-id").map { String(RemoteText.clean($0).prefix(100)) } ?? error.requestID
        )
    }

    private static func text(_ status: Int, _ error: GraphError) -> String {
        if !error.message.isEmpty { return error.message }
        if let page = error.page { return "HTTP \(status) with a page titled \"\(page)\"" }
        return "HTTP \(status) \(error.code.map { "with the code \($0) only" } ?? "without an explanation")"
    }

    private static func refusal(_ failure: WireFailure) -> Refusal {
        let text = RemoteText.clean(failure.text)
        switch failure.stage {
        case .resolve, .connect, .tls, .transfer, .timeout:
            return Refusal(scope: .route, cause: .unavailable, text: text)
        case .source: return Refusal(scope: .message, cause: .malfunction, text: text)
        case .cancelled: return Refusal(scope: .message, cause: .unavailable, text: text)
        }
    }
}
