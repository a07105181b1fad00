import COpenSSL

/// OpenSSL's error queue. It belongs to the thread, so it is cleared before a call and read right behind it, never across
/// a suspension: a stale entry would be blamed on the wrong call.
enum ErrorQueue {
    struct Entry: Hashable {
        let library: Int32
        let reason: Int32
        /// OpenSSL's words, with the details it added.
        let text: String
    }

    static func clear() { ERR_clear_error() }

    /// Takes all entries, oldest first.
    static func drain() -> [Entry] {
        var entries: [Entry] = []
        while let entry = next() { entries.append(entry) }
        return entries
    }

    /// All reasons in one line.
    static func describe(_ entries: [Entry]) -> String {
        entries.isEmpty ? "no reason given" : entries.map(\.text).joined(separator: "; ")
    }

    private static func next() -> Entry? {
        var data: UnsafePointer<CChar>?
        var flags: Int32 = 0
        let code = ERR_get_error_all(nil, nil, nil, &data, &flags)
        guard code != 0 else { return nil }
        let reason = ERR_reason_error_string(code).map { String(cString: $0) } ?? "error \(String(code, radix: 16))"
        let details = copenssl_error_flag_has_text(flags) != 0 ? data.map { String(cString: $0) } ?? "" : ""
        return Entry(
            library: copenssl_error_library(code), reason: copenssl_error_reason(code),
            text: details.isEmpty ? reason : "\(reason) (\(details))")
    }
}
