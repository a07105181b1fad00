/// One line of `postern check`: what was looked at, what was found, and what to do about it.
package struct CheckItem: Hashable, Sendable {
    package enum Verdict: Hashable, Sendable {
        case ok
        /// Worth knowing, in nobody's way.
        case warning
        case failed(Fault)
    }

    /// Whose fault it is, which decides the exit status.
    package enum Fault: Hashable, Sendable, CaseIterable {
        case configuration
        /// A service, the network or this machine.
        case unavailable
        /// A credential or a permission.
        case refused
        case other
    }

    /// `store`, `token`, `smtp` …
    package var name: String
    /// The route, host, mailbox or file that was looked at.
    package var subject: String
    package var verdict: Verdict
    package var text: String
    /// The exact next step.
    package var advice: String?

    package init(_ name: String, _ subject: String, _ verdict: Verdict, _ text: String, advice: String? = nil) {
        self.name = name
        self.subject = subject
        self.verdict = verdict
        self.text = text
        self.advice = advice
    }

    package var fault: Fault? { if case .failed(let fault) = verdict { fault } else { nil } }
}

extension CheckItem {
    /// All that is wrong with a configuration file that cannot be used, or what it is warned of.
    package init(_ problem: ConfigurationProblem) {
        let place = problem.line.map { "\(problem.file):\($0)" } ?? problem.file
        self.init(
            "configuration", place, problem.severity == .error ? .failed(.configuration) : .warning,
            problem.key.isEmpty ? problem.text : "\(problem.key): \(problem.text)")
    }
}
