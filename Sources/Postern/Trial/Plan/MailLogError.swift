/// Why a log cannot be read.
package enum MailLogError: Error, Hashable, Sendable, CustomStringConvertible {
    case notReadable(file: String, reason: String)
    /// - Parameter program: which writes it as it was.
    case compressed(file: String, program: String)
    case unknownFormat(file: String)

    package var description: String {
        switch self {
        case .notReadable(let file, let reason): "\(file) cannot be read: \(reason)"
        case .compressed(let file, let program):
            "\(file) is compressed; write: \(program) \(file) | postern trial plan -"
        case .unknownFormat(let file):
            "\(file) is no log of Postfix or Exim; a CSV file needs \(CSVColumns.form). Name the format with --format, "
                + "where it begins with lines of other programs"
        }
    }
}
