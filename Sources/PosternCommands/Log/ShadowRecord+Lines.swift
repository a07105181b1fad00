import EmailLog
import MailModel

/// What the exercise of Graph has found about one message, as people and programs read it.
extension ShadowRecord {
    var lines: [String] {
        let asked = [form?.rawValue, latency.map { "\($0.milliseconds) ms" }, httpStatus.map { "status \($0)" }]
        let size = requestSize.map { "\(requestForm ?? "request") of \($0) octets" }
        let facts = (asked + [size]).compactMap(\.self).joined(separator: ", ")
        let error = [errorCode, errorText].compactMap(\.self).joined(separator: ": ")
        return ["", "Shadow by Graph: \(state.rawValue)" + (facts.isEmpty ? "" : " (\(facts))")]
            + (error.isEmpty ? [] : ["  \(error)"]) + remarks.map { "  \($0.kind): \($0.words)" }
    }

    /// Keys named as the columns of `trial_shadow`.
    var json: JSON {
        .object([
            .init("state", .string(state.rawValue)), .init("form", .text(form?.rawValue)),
            .init("created_date", .string(createdDate.description)),
            .init("finished_date", .text(finishedDate?.description)),
            .init("latency_ms", .whole(latency?.milliseconds)), .init("request_form", .text(requestForm)),
            .init("request_size", .whole(requestSize)), .init("http_status", .whole(httpStatus)),
            .init("error_code", .text(errorCode)), .init("error_text", .text(errorText)),
            .init("request_id", .text(requestID)),
            .init(
                "findings",
                .array(
                    remarks.map { .object([.init("kind", .string($0.kind)), .init("words", .string($0.words))]) })),
        ])
    }
}
