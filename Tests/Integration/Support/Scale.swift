import Foundation

/// How long a proof runs: short in `make test`, at full length in `make test-long` and in the target of its own.
enum Scale {
    static let isLong = ProcessInfo.processInfo.environment["POSTERN_LONG"] != nil

    static func of(_ short: Int, long: Int) -> Int { isLong ? long : short }
}
