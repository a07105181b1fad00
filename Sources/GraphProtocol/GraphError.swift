// The error body of Microsoft Graph ("Microsoft Graph error responses and resource types"), read tolerantly: the inner
// error is spelled in two ways and may be nested or missing; front ends answer with HTML or nothing.

struct GraphError: Hashable, Sendable {
    /// `error.code`; `nil` where the body is not Graph's.
    var code: String?
    /// `error.message`, cleaned; empty where there is none.
    var message = ""
    /// Codes of the inner errors and details, outermost first.
    var innerCodes: [String] = []
    /// The request id from the body.
    var requestID: String?
    /// The title of a page of HTML.
    var page: String?

    init(_ body: [UInt8]) {
        guard let error = JSONValue(body)?["error"] else {
            page = RemoteText.title(ofHTML: body)
            return
        }
        // OAuth endpoints put a word where Graph puts an object.
        code = Self.word(error["code"]?.string ?? error.string)
        message = error["message"]?.string.map { RemoteText.clean($0) } ?? ""
        var inner = error["innerError"]
        var depth = 0
        while let level = inner, depth < 8 {
            innerCodes += [Self.word(level["code"]?.string)].compactMap { $0 }
            requestID = requestID ?? Self.word(level["request-id"]?.string)
            inner = level["innerError"]
            depth += 1
        }
        innerCodes += error["details"]?.elements.prefix(8).compactMap { Self.word($0["code"]?.string) } ?? []
    }

    private static func word(_ text: String?) -> String? {
        text.map { String(RemoteText.clean($0).prefix(100)) }.flatMap { $0.isEmpty ? nil : $0 }
    }
}
