import GraphProtocol
package import MailModel
import SMTPProtocol

extension Refusal {
    /// What an operator can do about it; `nil` where there is nothing to do but wait, or where it says all itself.
    package func advice(on path: Path) -> String? {
        switch path {
        case .graph: GraphAnswer.advice(for: self)
        case .smtp: SubmissionAnswer.advice(for: self)
        }
    }

    /// The far side's codes and words.
    package var words: String {
        let codes = [status.map(String.init), code].compactMap(\.self).joined(separator: " ")
        return codes.isEmpty || text.hasPrefix(code ?? codes) ? text : "\(codes): \(text)"
    }

    /// With what to do about them.
    func explained(on path: Path) -> String {
        advice(on: path).map { "\(words) \($0)" } ?? words
    }
}
